// Moving in time: continue and step, forwards and backwards, goto. Each answers first and stops afterwards.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Args } from "./arguments.ts";
import { statementAt } from "./breakpoints.ts";
import type { Handlers } from "./connection.ts";
import { exceptionText } from "./exception_info.ts";
import { logText } from "./expression.ts";
import { after, before, compare, end, events, isDone, type Moment, START, stepsRun } from "./moment.ts";
import { exitCode, say, sayChecks, tell } from "./output.ts";
import { type Reply, RequestError } from "./reply.ts";
import { logged, type Stop, search } from "./search.ts";
import type { Session } from "./session.ts";
import { lowerBound, stepsOfStatement } from "./statements.ts";
import { back, backEvent, backOut, next, nextEvent, out } from "./step.ts";
import type { Timeline } from "./timeline.ts";
import { isTrace } from "./trace.ts";
import { BEFORE_ALL, type Direction } from "./watch.ts";

type Controls =
  | "continue"
  | "reverseContinue"
  | "next"
  | "stepIn"
  | "stepOut"
  | "stepBack"
  | "reverseNext"
  | "reverseStepIn"
  | "reverseStepOut"
  | "restartFrame"
  | "goto"
  | "gotoTargets"
  | "pause";

export function controls(session: Session): Pick<Handlers, Controls> {
  // The task that a step keeps to, when the client asks for one thread alone.
  const only = (args: Args) => (args.flag("singleThread") ? taskOf(session, args.integer("threadId")) : undefined);
  const step = (
    args: Args,
    move: (timeline: Timeline) => Moment | undefined,
    direction: Direction,
    check = checkThread,
  ): Reply<undefined> => {
    check(session, args);
    const { timeline } = session;
    const target = move(timeline);
    return { body: undefined, afterwards: () => stepTo(session, target, direction) };
  };
  const byEvent = (args: Args) => args.optionalString("granularity") === "instruction";
  const stepBack = (args: Args, check = checkThread) => {
    const task = only(args);
    return step(
      args,
      ({ recording, moment }) => (byEvent(args) ? backEvent(recording, moment) : back(recording, moment, task)),
      -1,
      check,
    );
  };

  return {
    continue(args) {
      checkThread(session, args);
      return { body: { allThreadsContinued: true }, afterwards: () => run(session, session.moment, 1) };
    },
    reverseContinue(args) {
      checkThread(session, args);
      return { body: undefined, afterwards: () => run(session, session.moment, -1) };
    },
    next(args) {
      const task = only(args);
      return step(
        args,
        ({ recording, moment }) => (byEvent(args) ? nextEvent(recording, moment) : next(recording, moment, task)),
        1,
      );
    },
    stepIn: (args) => step(args, ({ recording, moment }) => nextEvent(recording, moment), 1),
    stepOut: (args) => step(args, ({ recording, moment }) => out(recording, moment), 1),
    stepBack: (args) => stepBack(args),
    reverseNext: (args) => stepBack(args, checkOwn),
    reverseStepIn: (args) => step(args, ({ recording, moment }) => backEvent(recording, moment), -1, checkOwn),
    reverseStepOut: (args) => step(args, ({ recording, moment }) => backOut(recording, moment), -1, checkOwn),

    // To the beginning of the statement, or to the first event in the kernel function.
    restartFrame(args) {
      session.requireStopped();
      const { frame } = session.frames.get(args.integer("frameId"));
      const { timeline } = session;
      const { recording, moment } = timeline;
      const event = frame === undefined ? undefined : firstEventIn(timeline, frame);
      const to = event === undefined ? before(moment.step) : after(recording, moment.step, event);
      return { body: undefined, afterwards: () => stopAt(session, to, { reason: "restart" }) };
    },

    goto(args) {
      checkThread(session, args);
      const { recording } = session.timeline;
      const target = args.integer("targetId") - 1;
      if (target < 0 || target >= recording.steps.length) {
        throw new RequestError("stale-reference", `there is no goto target ${target + 1}`);
      }
      return { body: undefined, afterwards: () => stopAt(session, before(target), { reason: "goto" }) };
    },

    gotoTargets(args) {
      session.requireStopped();
      const source = args.object("source");
      const trace = session.loadedTrace;
      const line = args.integer("line") - session.client.firstLine;
      if (!isTrace(trace, source.optionalString("path"), source.optionalInteger("sourceReference"))) {
        return { body: { targets: [] } };
      }
      return { body: { targets: gotoTargets(session, line) } };
    },

    // Nothing runs between two answers, so whoever asks finds the debugger stopped.
    pause(args) {
      checkThread(session, args);
      return { body: undefined, afterwards: () => stopAt(session, session.moment, { reason: "pause" }) };
    },
  };
}

function checkThread(session: Session, args: Args): void {
  session.requireStopped();
  taskOf(session, args.integer("threadId"));
}

// Our own requests come from a button, which need not know a thread.
function checkOwn(session: Session, args: Args): void {
  session.requireStopped();
  if (args.has("threadId")) taskOf(session, args.integer("threadId"));
}

// Threads are numbered from 1.
export function taskOf(session: Session, thread: number): number {
  const tasks = session.timeline.recording.kernel.side.taskNames.length;
  if (thread < 1 || thread > tasks) throw new RequestError("stale-reference", `there is no thread ${thread}`);
  return thread - 1;
}

// The trace begins: to its first line, or to the first breakpoint.
export function begin(session: Session): void {
  session.phase = "stopped";
  session.go(START);
  if (session.launched?.noDebug) {
    tell(session, session.timeline.recording.steps.length);
    finish(session);
  } else if (session.launched?.stopOnEntry) stopAt(session, START, { reason: "entry" });
  else run(session, BEFORE_ALL, 1);
}

// Runs from a moment to the next stop, or to the end of the trace on that side.
function run(session: Session, from: Moment, direction: Direction): void {
  const { timeline } = session;
  const bound = direction > 0 ? end(timeline.recording) : START;
  if (direction > 0 && timeline.atEnd && from !== BEFORE_ALL) {
    finish(session);
    return;
  }
  const stop = search(session.breakpoints.armed(timeline), from, direction, bound);
  sayLogs(session, from, direction, stop?.moment ?? bound);
  if (stop) stopFor(session, stop);
  else if (direction < 0) stopAt(session, START, { reason: "entry" });
  else arriveAtEnd(session);
}

// One step: to its target, unless a breakpoint lies before it. Backwards a step is taken as a whole.
function stepTo(session: Session, target: Moment | undefined, direction: Direction): void {
  if (!target) {
    stopAt(session, START, { reason: "entry" });
    return;
  }
  const { timeline } = session;
  if (direction > 0) {
    if (timeline.atEnd) {
      finish(session);
      return;
    }
    const from = timeline.moment;
    const stop = search(session.breakpoints.armed(timeline), from, 1, target);
    sayLogs(session, from, 1, stop?.moment ?? target);
    if (stop) {
      stopFor(session, stop);
      return;
    }
    if (compare(target, end(timeline.recording)) === 0) {
      arriveAtEnd(session);
      return;
    }
  }
  stopAt(session, target, { reason: "step" });
}

function stopFor(session: Session, stop: Stop): void {
  stopAt(session, stop.moment, stop);
}

function arriveAtEnd(session: Session): void {
  const last = end(session.timeline.recording);
  if (session.launched?.stopOnExit) {
    stopAt(session, last, { reason: "pause" });
    return;
  }
  session.go(last);
  tell(session, last.step);
  finish(session);
}

// What a stop is for; a search gives the rest.
type Cause = Pick<Stop, "reason"> & Partial<Stop>;

export function stopAt(session: Session, moment: Moment, cause: Cause): void {
  const { timeline } = session;
  const direction = compare(moment, timeline.moment);
  session.go(moment);
  session.lastStop = { moment, reason: cause.reason, hits: cause.hits ?? [], armed: cause.armed };
  tell(session, stepsRun(timeline.recording, moment));
  const { armed } = session.lastStop;
  const filter = cause.reason === "exception" ? armed?.filter : undefined;
  const body: P.StoppedEvent["body"] = {
    reason: cause.reason,
    description: describeStop(timeline, direction),
    threadId: timeline.task + 1,
    allThreadsStopped: true,
    ...(filter ? { text: `${filter.label}: ${exceptionText(session.view(timeline.task), filter)}` } : {}),
    ...(cause.hits && cause.hits.length > 0 ? { hitBreakpointIds: [...cause.hits] } : {}),
  };
  session.connection.event("stopped", body);
}

// Where in time we are: `◀ step 37 of 120`.
function describeStop(timeline: Timeline, direction: number): string {
  const arrow = direction < 0 ? "◀ " : direction > 0 ? "▶ " : "";
  const { recording, moment } = timeline;
  const branch = timeline.number > 0 ? `, branch ${timeline.number}` : "";
  if (timeline.atEnd) return `${arrow}end of the trace${branch}`;
  const inside = moment.offset > 0 ? `, event ${moment.offset} of ${events(recording, moment.step)}` : "";
  const where = isDone(recording, moment) ? ", done" : inside;
  return `${arrow}step ${moment.step + 1} of ${recording.steps.length}${where}${branch}`;
}

// A client that gets more than this at once has no use for it, and the rest would pile up in memory.
const MOST_LOGS = 5000;

function sayLogs(session: Session, from: Moment, direction: Direction, to: Moment): void {
  const { timeline } = session;
  let said = 0;
  for (const { moment, armed } of logged(session.breakpoints.armed(timeline), from, direction, to)) {
    if (said++ === MOST_LOGS) {
      say(session, "console", `… more log messages: one move tells ${MOST_LOGS.toLocaleString("en-US")} of them`);
      return;
    }
    const line = timeline.recording.steps.line(moment.step);
    say(session, "console", logText(timeline, armed.log ?? [], moment), session.trace, line);
  }
}

// The trace is over: what came of it, and goodbye.
function finish(session: Session): void {
  sayChecks(session);
  session.connection.event("exited", { exitCode: exitCode(session) });
  endSession(session);
}

export function endSession(session: Session): void {
  if (session.phase === "ended") return;
  session.phase = "ended";
  session.forget();
  session.connection.event("terminated");
}

function firstEventIn(timeline: Timeline, frame: number): number | undefined {
  const { recording, moment } = timeline;
  const { journal } = recording.kernel;
  for (let event = recording.steps.start(moment.step); event < recording.steps.end(moment.step); event++) {
    for (let at = journal.frame(event); at !== 0; at = journal.frameUp(at)) if (at === frame) return event;
  }
  return undefined;
}

// The nearest runs of a line on either side of now.
export function gotoTargets(session: Session, line: number): P.GotoTarget[] {
  const { recording, moment } = session.timeline;
  const { program } = recording;
  const statement = statementAt(program, line);
  if (statement === undefined) return [];
  const steps = stepsOfStatement(recording, statement);
  const ahead = lowerBound(steps, moment.step + 1);
  const behind = ahead - 1;
  const actual = program.statements[statement].line + session.client.firstLine;
  const target = (step: number, label: string) => ({ id: step + 1, label, line: actual });
  const targets: P.GotoTarget[] = [];
  if (ahead < steps.length) targets.push(target(steps[ahead], `▶ step ${steps[ahead] + 1}`));
  if (behind >= 0) targets.push(target(steps[behind], `◀ step ${steps[behind] + 1}`));
  return targets;
}
