// Why a value is what it is: the events that made it, oldest first, each with the line, the kernel functions and the
// decisions that led there.

import { evaluate } from "../lang/evaluate.ts";
import { type Expr, type Fault, isFault } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import { type Source, sourcesOf } from "./cells.ts";
import { describe, describeRow } from "./describe.ts";
import { stackOf } from "./journal_text.ts";
import type { Recording } from "./recording.ts";
import { type Cell, writeBefore, writesBefore } from "./writes.ts";

export interface Decision {
  readonly event: number;
  readonly text: string;
}

// One event that made the value.
export interface Link {
  readonly event: number;
  // undefined for the machine's boot.
  readonly step: number | undefined;
  // The change, in the kernel's words.
  readonly text: string;
  // Kernel functions, outermost first: `do_wp_page (mm/memory.c)`.
  readonly stack: readonly string[];
  // What the kernel asked on the way, in this system call or fault, before it did so.
  readonly decisions: readonly Decision[];
}

// Everything that was written to one cell since the object began to be.
export interface Chain {
  readonly source: Source;
  readonly links: readonly Link[];
  // Older links that are not listed.
  readonly older: boolean;
}

export interface Why {
  readonly value: Value;
  readonly chains: readonly Chain[];
}

// A counter that was written thousands of times is explained by its last changes.
const MOST_LINKS = 50;
// So few cells are told of one by one, even if they tell the same.
const FEW_SOURCES = 4;

// The kernel's cursor is moved, and left at `position`.
export function why(recording: Recording, position: number, expr: Expr, task = 0): Why | Fault {
  const { kernel } = recording;
  kernel.seek(position);
  const env = recording.environment(recording.stepAt(position), task);
  const value = evaluate(expr, env);
  if (isFault(value)) return value;
  const sources = sourcesOf(expr, env);
  const chains = storiesApart(recording, sources, position).map((source) => chainOf(recording, source, position));
  kernel.seek(position);
  return { value, chains };
}

// Of many pages that were always written together one tells for all: of the 512 of a folio, say, that one PMD maps.
function storiesApart({ kernel }: Recording, sources: readonly Source[], position: number): Source[] {
  if (sources.length <= FEW_SOURCES) return [...sources];
  const told = new Set<string>();
  return sources.filter((source) => {
    const { field, mask } = source;
    const events = writesBefore(kernel.journal, source, position, MOST_LINKS);
    const story = `${field.id} ${mask ?? ""} ${events.join(" ")}`;
    const isNew = !told.has(story);
    told.add(story);
    return isNew;
  });
}

export function chainOf(recording: Recording, source: Source, position: number): Chain {
  const { journal } = recording.kernel;
  const birth = birthOf(recording, source, position);
  const matters = (event: number) => {
    if (event < birth) return false;
    const changed = journal.fromAt(event, source.row) ^ journal.toAt(event, source.row);
    return source.mask === undefined || (changed & source.mask) !== 0;
  };
  const events = writesBefore(journal, source, position, Number.MAX_SAFE_INTEGER, (event) => event <= birth)
    .filter(matters)
    .reverse();
  const shown = events.slice(-MOST_LINKS);
  return { source, links: shown.map((event) => linkOf(recording, event, source)), older: shown.length < events.length };
}

// Where the story of the cell begins: for a field of a page, its last allocation; else the start of the recording.
function birthOf(recording: Recording, source: Source, position: number): number {
  if (source.field.table !== "page") return 0;
  const { journal, w } = recording.kernel;
  const refcount = { field: w.page._refcount, row: source.row };
  let at = writeBefore(journal, refcount, position);
  while (at >= 0 && journal.fromAt(at, source.row) !== 0) at = writeBefore(journal, refcount, at);
  return Math.max(at, 0);
}

// Of a run the change of the cell alone is told, and what changed with it.
export function linkOf(recording: Recording, index: number, cell?: Cell): Link {
  const { kernel, steps } = recording;
  const event = kernel.journal.at(index);
  kernel.seek(index);
  const step = index < steps.boot ? undefined : steps.stepAt(index);
  const text = cell ? describeRow(kernel, event, cell.row) : describe(kernel, event);
  const stack = stackOf(event.frame).map((frame) => `${frame.name} (${frame.file})`);
  return { event: index, step, text, stack, decisions: decisionsBefore(recording, index, step) };
}

// The decisions of the same fault or system call, up to the event. A question that was asked again and again with the
// same answer, as reclaim does at each priority, stands once, where it was asked last.
function decisionsBefore(recording: Recording, index: number, step: number | undefined): Decision[] {
  const { kernel, steps } = recording;
  if (step === undefined) return [];
  const top = outermost(recording, kernel.journal.frame(index));
  const found: Decision[] = [];
  const told = new Set<string>();
  for (let at = index - 1; at >= steps.start(step); at--) {
    if (kernel.conditionOf(at) === undefined || outermost(recording, kernel.journal.frame(at)) !== top) continue;
    kernel.seek(at);
    const text = describe(kernel, kernel.journal.at(at));
    if (told.has(text)) continue;
    told.add(text);
    found.push({ event: at, text });
  }
  return found.reverse();
}

function outermost(recording: Recording, frame: number): number {
  const { journal } = recording.kernel;
  let at = frame;
  while (journal.frameUp(at) !== 0) at = journal.frameUp(at);
  return at;
}
