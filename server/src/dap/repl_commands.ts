// What the debug console understands beside expressions: questions about history, in any editor.

import { type Expr, isFault } from "../lang/program.ts";
import { type Source, sourcesOf } from "../run/cells.ts";
import { changes } from "../run/changes.ts";
import type { Recording } from "../run/recording.ts";
import { holderRowsOf } from "../run/views.ts";
import { type Link, linkOf, why } from "../run/why.ts";
import { nextWrite, writesBefore } from "../run/writes.ts";
import { expressionOf, valueAt } from "./expression.ts";
import { before, position } from "./moment.ts";
import { RequestError } from "./reply.ts";
import { type View, worldOf } from "./scope.ts";
import { holderName } from "./scope_folios.ts";
import { statementText } from "./trace.ts";
import { pageText, valueText } from "./values.ts";

export interface ReplCommand {
  readonly name: string;
  readonly synopsis: string;
  readonly doc: string;
  // The answer, as lines.
  run(view: View, rest: string): readonly string[];
}

export const REPL_COMMANDS: readonly ReplCommand[] = [
  { name: "why", synopsis: "why EXPR", doc: "the events and decisions that made the value", run: whyLines },
  { name: "writes", synopsis: "writes EXPR", doc: "every write of it, before and after now", run: writesLines },
  { name: "last", synopsis: "last EXPR", doc: "who wrote it last", run: lastLines },
  {
    name: "diff",
    synopsis: "diff N M",
    doc: "what differs between the beginnings of step N and step M",
    run: diffLines,
  },
  { name: "holders", synopsis: "holders EXPR", doc: "who holds references to the page", run: holdersLines },
];

// The command that the text begins with; `last.cow` is an expression, `last page(p).refcount` a command.
export function replCommand(text: string): { command: ReplCommand; rest: string } | undefined {
  const found = /^\s*([a-z]+)(?:\s+([^\s].*))?\s*$/s.exec(text);
  const command = found && REPL_COMMANDS.find(({ name }) => name === found[1]);
  if (!command || found[2] === undefined) return undefined;
  return { command, rest: found[2].trim() };
}

function whyLines(view: View, text: string): string[] {
  const { recording } = view.timeline;
  const expr = expressionOf(view.trace.program, text);
  const found = why(recording, view.timeline.position, expr, view.task);
  if (isFault(found)) throw new RequestError("bad-expression", found.message);
  const lines = [`${text} is ${valueText(worldOf(view), found.value, view.style)}`];
  if (found.chains.length === 0)
    lines.push("nothing in the world makes it: it is written so, or there is nothing there");
  for (const { source, links, older } of found.chains) {
    lines.push(source.name);
    if (links.length === 0) lines.push("  never written: it is as it was at boot");
    if (older) lines.push("  … (older changes)");
    for (const link of links) lines.push(...linkLines(view, link));
  }
  return lines;
}

function linkLines(view: View, link: Link): string[] {
  return [
    `  ${whereText(view, link.step)}`,
    ...(link.stack.length > 0 ? [`    ${link.stack.join(" › ")}`] : []),
    ...link.decisions.map(({ text }) => `      ${text}`),
    `      ${link.text}`,
  ];
}

function whereText(view: View, step: number | undefined): string {
  if (step === undefined) return "the machine's boot";
  const { steps } = view.timeline.recording;
  return `step ${step + 1}, line ${steps.line(step) + 1}: ${statementText(view.trace, steps.statement(step))}`;
}

const MOST_WRITES = 50;

function writesLines(view: View, text: string): string[] {
  const { recording } = view.timeline;
  const { journal } = recording.kernel;
  const now = view.timeline.position;
  const sources = sourcesHere(view, text);
  const past = sources
    .flatMap((source) => writesBefore(journal, source, now, MOST_WRITES))
    .sort((a, b) => a - b)
    .slice(-MOST_WRITES);
  const future: number[] = [];
  for (let at = now; future.length < MOST_WRITES; ) {
    const event = nextWrite(journal, sources, at, "forwards");
    if (event < 0) break;
    future.push(event);
    at = event + 1;
  }
  const line = (event: number) => writeLine(view, event, sources);
  return [...past.map(line), "◆ now", ...future.map(line)];
}

function lastLines(view: View, text: string): string[] {
  const { recording } = view.timeline;
  const sources = sourcesHere(view, text);
  const event = nextWrite(recording.kernel.journal, sources, view.timeline.position, "backwards");
  if (event < 0) return [`${text} was never written before now`];
  return [
    writeLine(view, event, sources),
    ...linkOf(recording, event).stack.map((fn, i) => `${"  ".repeat(i + 1)}${fn}`),
  ];
}

function writeLine(view: View, event: number, sources: readonly Source[]): string {
  const { recording } = view.timeline;
  const { journal } = recording.kernel;
  const source = sources.find(({ field, row }) => field.id === journal.field(event) && journal.covers(event, row));
  const link = linkOf(recording, event, source);
  return `${whereText(view, link.step)}: ${link.text}`;
}

function sourcesHere(view: View, text: string) {
  const { recording } = view.timeline;
  const expr: Expr = expressionOf(view.trace.program, text);
  worldOf(view);
  const sources = sourcesOf(expr, recording.environment(view.timeline.stepsRun, view.task));
  if (sources.length === 0) throw new RequestError("bad-expression", `nothing in the world makes ${text}`);
  return sources;
}

const MOST_CHANGES = 200;

function diffLines(view: View, text: string): string[] {
  const found = /^(\d{1,12})\s+(\d{1,12})$/.exec(text);
  if (!found) throw new RequestError("bad-expression", "diff N M takes two numbers of steps");
  const { recording } = view.timeline;
  const [from, to] = [found[1], found[2]].map((number) => stepPosition(recording, Number(number)));
  const { rows, more } = changes(recording, from, to, MOST_CHANGES);
  if (rows.length === 0) return ["nothing differs"];
  return [...rows.map((row) => row.text), ...(more ? ["… and more"] : [])];
}

// Steps count from 1 for people; the one behind the last is the trace's end.
function stepPosition(recording: Recording, number: number): number {
  const last = recording.steps.length + 1;
  if (number < 1 || number > last) throw new RequestError("bad-expression", `steps go from 1 to ${last}`);
  return position(recording, before(number - 1));
}

function holdersLines(view: View, text: string): string[] {
  const { timeline, trace } = view;
  const value = valueAt(timeline, expressionOf(trace.program, text), timeline.moment, view.task);
  if (typeof value !== "object" || value === null || (value.kind !== "page" && value.kind !== "folio")) {
    throw new RequestError("bad-expression", `${text} is no page; try holders page(${text})`);
  }
  const k = worldOf(view);
  const rows = holderRowsOf(k, value.pfn);
  return [pageText(k, value.pfn), ...rows.map((row) => `  ${holderName(view, row)}: ${row.count}`)];
}
