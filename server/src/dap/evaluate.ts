// Evaluating what a person types: an expression anywhere; in the debug console also a question or a command.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { branchHere, goToBranch } from "./branches.ts";
import { gotoTargets, stopAt } from "./controls.ts";
import { expressionOf, valueAt } from "./expression.ts";
import { before } from "./moment.ts";
import { REPL_COMMANDS, replCommand } from "./repl_commands.ts";
import { type Reply, RequestError } from "./reply.ts";
import { addressParts } from "./scope_names.ts";
import type { Session } from "./session.ts";
import { fieldEntryNamed, valueEntry } from "./values.ts";
import { containerOf } from "./variables.ts";

type Body = P.EvaluateResponse["body"];

export function evaluateText(session: Session, text: string, context: string, task: number): Reply<Body> {
  if (context === "repl") {
    const answer = command(session, text.trim(), task);
    if (answer) return answer;
  }
  const { timeline } = session;
  const expr = expressionOf(session.loadedTrace.program, text);
  const value = valueAt(timeline, expr, timeline.moment, task);
  const view = session.view(task);
  const plain = valueEntry(timeline.k, text, value, session.style, text.trim());
  const isAddress = typeof value === "object" && value !== null && value.kind === "address";
  const entry = isAddress ? { ...plain, ...addressParts(view, text.trim(), value) } : plain;
  // What is copied is the value alone.
  const children = context === "clipboard" ? undefined : entry.children;
  return {
    body: {
      result: entry.value,
      type: entry.type,
      ...(entry.memoryReference === undefined ? {} : { memoryReference: entry.memoryReference }),
      ...containerOf(session, children),
    },
  };
}

const HELP = [
  ...REPL_COMMANDS.map(({ synopsis, doc }) => `${synopsis}: ${doc}`),
  "goto N: jump to the next run of line N, or the last one before",
  "EXPR = VALUE: set a counter or a flag; the rest of the trace runs anew in a branch",
  "branch N: go to branch N; branch 0 is the trace as it stands",
  "everything else is an expression of the trace language, e.g. page(p).refcount",
];

function command(session: Session, text: string, task: number): Reply<Body> | undefined {
  if (text === "help") return said(HELP);
  const question = replCommand(text);
  if (question) return said(question.command.run(session.view(task), question.rest));
  const jump = /^goto\s+(\d{1,9})$/.exec(text);
  if (jump) return goto(session, Number(jump[1]) - 1);
  const branch = /^branch\s+(\d{1,6})$/.exec(text);
  if (branch) {
    const where = goToBranch(session, Number(branch[1]));
    return { ...said([where]), afterwards: () => stopAt(session, session.moment, { reason: "goto" }) };
  }
  const set = /^([^=]*[^=!<>\s])\s*=\s*([^=\s].*)$/s.exec(text);
  if (!set) return undefined;
  const value = setExpression(session, set[1], set[2], task);
  return { ...said([value]), afterwards: () => stopAt(session, session.moment, { reason: "goto" }) };
}

function said(lines: readonly string[]): Reply<Body> {
  return { body: { result: lines.join("\n"), variablesReference: 0 } };
}

function goto(session: Session, line: number): Reply<Body> {
  const [target] = gotoTargets(session, line);
  if (!target) throw new RequestError("not-here", `nothing runs on line ${line + 1} or below it`);
  const step = target.id - 1;
  return { ...said([`step ${step + 1}`]), afterwards: () => stopAt(session, before(step), { reason: "goto" }) };
}

// Sets what an expression like `page(p).refcount` means, and gives the value as it is then.
export function setExpression(session: Session, text: string, value: string, task: number): string {
  const { timeline } = session;
  const expr = expressionOf(session.loadedTrace.program, text);
  if (expr.kind !== "field")
    throw new RequestError("bad-expression", `${text} cannot be set: only counters and flags can`);
  const object = valueAt(timeline, expr.object, timeline.moment, task);
  const entry = fieldEntryNamed(timeline.k, object, expr.name, session.style);
  if (!entry?.set) throw new RequestError("bad-expression", `${text} cannot be set: only counters and flags can`);
  branchHere(session, entry.set(value), `${text.trim()} = ${value.trim()}`);
  return value.trim();
}
