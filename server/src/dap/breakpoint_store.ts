// The breakpoints that the client has set, of all kinds: remembered as they were asked for, resolved against the trace
// that is loaded, and again after a restart has read another text.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Expr } from "../lang/program.ts";
import type { Recording } from "../run/recording.ts";
import { lineWatch, statementAt } from "./breakpoints.ts";
import type { Client } from "./client.ts";
import { type Access, dataWatch, placesOf } from "./data_breakpoints.ts";
import { FILTERS, type FilterSpec } from "./exceptions.ts";
import { conditionHolds, type LogMessage, readExpression, readLogMessage } from "./expression.ts";
import { functionTarget, functionWatch } from "./function_breakpoints.ts";
import type { Timeline } from "./timeline.ts";
import { isTrace, type Trace, traceSource } from "./trace.ts";
import { counted, filtered, type HitTest, hitTest, type Watch } from "./watch.ts";

export interface When {
  readonly condition: string | undefined;
  readonly hitCondition: string | undefined;
}

export type Wanted = When &
  (
    | {
        readonly kind: "line";
        readonly path: string | undefined;
        readonly reference: number | undefined;
        // From 0.
        readonly line: number;
        readonly logMessage: string | undefined;
      }
    | { readonly kind: "function"; readonly name: string }
    | { readonly kind: "data"; readonly dataId: string; readonly access: Access }
    | { readonly kind: "exception"; readonly filter: string }
  );
export type BreakpointKind = Wanted["kind"];

interface Known {
  readonly id: number;
  readonly wanted: Wanted;
  resolved: Resolved;
}

interface Resolved {
  readonly verified: boolean;
  readonly message?: string;
  // Where it stands, from 0.
  readonly line?: number;
  readonly rule?: Rule;
}

interface Rule {
  watch(recording: Recording): Watch;
  readonly condition: Expr | undefined;
  readonly hit: HitTest | undefined;
  readonly log: LogMessage | undefined;
  readonly filter?: FilterSpec;
}

// A breakpoint over one timeline: a watch with its conditions.
export interface Armed extends Watch {
  readonly id: number;
  readonly kind: BreakpointKind;
  readonly log: LogMessage | undefined;
  readonly filter: FilterSpec | undefined;
}

export class BreakpointStore {
  private known: Known[] = [];
  private nextId = 1;
  private armedFor: { timeline: Timeline; armed: Armed[] } | undefined;

  // Replaces the breakpoints of a kind (of one source) by the wanted ones; an unchanged one keeps its id.
  replace(
    kind: BreakpointKind,
    wanted: readonly Wanted[],
    trace: Trace | undefined,
    inScope: (old: Wanted) => boolean,
  ): Known[] {
    const left = this.known.filter((known) => known.wanted.kind === kind && inScope(known.wanted));
    const others = this.known.filter((known) => !left.includes(known));
    const made = wanted.map((one) => {
      const key = JSON.stringify(one);
      const at = left.findIndex((known) => JSON.stringify(known.wanted) === key);
      const id = at >= 0 ? left.splice(at, 1)[0].id : this.nextId++;
      return { id, wanted: one, resolved: resolve(one, trace) };
    });
    this.known = [...others, ...made];
    this.armedFor = undefined;
    return made;
  }

  // Resolves all again for a trace that was read just now. Those that stand elsewhere than they did are given back.
  reload(trace: Trace): Known[] {
    const moved: Known[] = [];
    for (const known of this.known) {
      const before = known.resolved;
      known.resolved = resolve(known.wanted, trace);
      const { verified, line, message } = known.resolved;
      if (before.verified !== verified || before.line !== line || before.message !== message) moved.push(known);
    }
    this.armedFor = undefined;
    return moved;
  }

  armed(timeline: Timeline): Armed[] {
    if (this.armedFor?.timeline !== timeline) {
      const armed = this.known.flatMap((known) => arm(known, timeline));
      this.armedFor = { timeline, armed };
    }
    return this.armedFor.armed;
  }
}

function arm({ id, wanted, resolved }: Known, timeline: Timeline): Armed[] {
  const { rule } = resolved;
  if (!rule) return [];
  const { condition, hit, log, filter } = rule;
  const { recording } = timeline;
  let watch = rule.watch(recording);
  if (condition) watch = filtered(watch, (moment) => conditionHolds(timeline, condition, moment));
  if (hit) watch = counted(watch, recording, hit);
  const { find } = watch;
  return [{ id, kind: wanted.kind, log, filter, find: find.bind(watch) }];
}

function resolve(wanted: Wanted, trace: Trace | undefined): Resolved {
  if (!trace) return { verified: false, message: "no trace is loaded yet", line: lineOf(wanted) };
  const condition = wanted.condition ? readExpression(trace.program, wanted.condition) : undefined;
  if (typeof condition === "string")
    return { verified: false, message: `condition: ${condition}`, line: lineOf(wanted) };
  const hit = wanted.hitCondition ? hitTest(wanted.hitCondition) : undefined;
  if (wanted.hitCondition && !hit) {
    const message = `hit count "${wanted.hitCondition}" is none of N, == N, > N, >= N, < N, <= N, != N, % N`;
    return { verified: false, message, line: lineOf(wanted) };
  }
  const when = { condition, hit, log: undefined };
  switch (wanted.kind) {
    case "line":
      return resolveLine(wanted, trace, when);
    case "function":
      return resolveFunction(wanted.name, trace, when);
    case "data":
      return {
        verified: true,
        rule: { ...when, watch: (recording) => watchOf(recording, wanted.dataId, wanted.access) },
      };
    case "exception": {
      const filter = FILTERS.find(({ id }) => id === wanted.filter);
      if (!filter) return { verified: false, message: `there is no exception filter "${wanted.filter}"` };
      return { verified: true, rule: { ...when, filter, watch: (recording) => filter.watch(recording) } };
    }
  }
}

function lineOf(wanted: Wanted): number | undefined {
  return wanted.kind === "line" ? wanted.line : undefined;
}

function resolveLine(wanted: Wanted & { kind: "line" }, trace: Trace, when: Omit<Rule, "watch">): Resolved {
  const { line } = wanted;
  if (!isTrace(trace, wanted.path, wanted.reference)) {
    const message =
      "this is not the trace that is debugged; a kernel function is stopped at with a function breakpoint";
    return { verified: false, message, line };
  }
  const statement = statementAt(trace.program, line);
  if (statement === undefined) return { verified: false, message: "no statement runs at or below this line", line };
  const log = wanted.logMessage ? readLogMessage(trace.program, wanted.logMessage) : undefined;
  if (typeof log === "string") return { verified: false, message: `log message: ${log}`, line };
  const actual = trace.program.statements[statement].line;
  const message =
    actual === line ? undefined : `nothing runs on line ${line + 1}: moved to the next statement, line ${actual + 1}`;
  return {
    verified: true,
    message,
    line: actual,
    rule: { ...when, log, watch: (recording) => lineWatch(recording, statement) },
  };
}

function resolveFunction(name: string, trace: Trace, when: Omit<Rule, "watch">): Resolved {
  const target = functionTarget(trace.program, name);
  if (!target) return { verified: false, message: `no operation, kernel function or process is called "${name}"` };
  const line = target.kind === "process" ? trace.program.symbol(target.name)?.declaration?.line : undefined;
  return { verified: true, line, rule: { ...when, watch: (recording) => functionWatch(recording, target) } };
}

function watchOf(recording: Recording, id: string, access: Access): Watch {
  return dataWatch(recording, placesOf(recording.kernel, id) ?? [], access);
}

export function toProtocol({ id, resolved }: Known, trace: Trace | undefined, client: Client): P.Breakpoint {
  const { verified, message, line } = resolved;
  return {
    id,
    verified,
    ...(message === undefined ? {} : { message }),
    ...(line === undefined ? {} : { line: line + client.firstLine }),
    ...(line !== undefined && trace && verified ? { source: traceSource(trace) } : {}),
  };
}
