// One round of a repeat, looked at from outside: what it did, in a form that can be compared with other rounds, and how far it moved
// each counter.
//
// Two rounds did the same when they ran the same statements with the same outcomes, and the kernel's events are the same in order:
// the same functions asked the same questions with the same answers, changed counters by the same amounts, and made entries with
// the same bits. Which frames, addresses and rows took part is left out: they go on from round to round.

import type { Kernel } from "../../mm/kernel.ts";
import { pte_flags } from "../../mm/pgtable.ts";
import type { Recording } from "../recording.ts";
import { HAS_FAILED } from "../steps.ts";
import { type Cell, type Counter, cellOf, type Resource } from "./counted.ts";

export interface Move {
  // From the beginning of the round to its end, and to the highest in between.
  sum: number;
  peak: number;
}

export interface Round {
  // Of the recording's steps and events: [from, to).
  readonly steps: readonly [number, number];
  readonly events: readonly [number, number];
  // Of rounds that did the same it is the same.
  readonly sameness: string;
  readonly moves: ReadonlyMap<Cell, Move>;
  // By the position in the resources.
  readonly resources: readonly Move[];
  // The last step that did not come to what the trace expects: an errno, a signal, a process that is dead. -1: none.
  readonly failed: number;
}

export interface Looker {
  readonly recording: Recording;
  readonly counters: ReadonlyMap<number, Counter>;
  readonly resources: readonly Resource[];
}

// `began`: where the journal stood at its beginning.
export function roundOf(looker: Looker, fromStep: number, toStep: number, began: number): Round {
  const { recording, resources } = looker;
  const { steps, kernel: k } = recording;
  const moves = new Map<Cell, Move>();
  const used = resources.map((): Move => ({ sum: 0, peak: 0 }));
  const terms = new Map<number, [number, 1 | -1]>();
  for (const [i, resource] of resources.entries()) {
    for (const [field, sign] of resource.terms) terms.set(field.id, [i, sign]);
  }
  const hash = new Hash();
  let failed = -1;
  for (let step = fromStep; step < toStep; step++) {
    for (let at = Math.max(began, steps.start(step)); at < steps.end(step); at++) {
      hash.all(eventWords(looker, at) ?? []);
      const field = k.journal.field(at);
      if (looker.counters.has(field)) {
        k.journal.each(at, (row, from, to) => move(moveOf(moves, cellOf(field, row)), to - from));
      }
      const term = terms.get(field);
      if (term) move(used[term[0]], term[1] * (k.journal.to(at) - k.journal.from(at)));
    }
    sayStep(recording, step, hash);
    if (hasFailed(recording, step)) failed = step;
  }
  const ended = toStep === 0 ? steps.boot : steps.end(toStep - 1);
  return {
    steps: [fromStep, toStep],
    events: [began, ended],
    sameness: hash.text,
    moves,
    resources: used,
    failed,
  };
}

// What the step came to, as one word.
export function stepWord(recording: Recording, step: number): string {
  const { steps } = recording;
  return `${steps.statement(step)} ${steps.kernelBits(step)} ${steps.errno(step) ?? ""}`;
}

function hasFailed(recording: Recording, step: number): boolean {
  const { steps, program } = recording;
  return (steps.bits(step) & HAS_FAILED) !== 0 && program.statements[steps.statement(step)].kind !== "expect";
}

function sayStep(recording: Recording, step: number, hash: Hash): void {
  const { steps } = recording;
  hash.add(steps.statement(step));
  hash.add(steps.kernelBits(step));
  for (const letter of steps.errno(step) ?? "") hash.add(letter.charCodeAt(0));
}

// The event as numbers; what goes on from round to round is left out. undefined: all of it.
export function eventWords(looker: Looker, at: number): readonly number[] | undefined {
  const { kernel: k } = looker.recording;
  const { journal } = k;
  const field = journal.field(at);
  const info = journal.info(at);
  const [from, to] = [journal.from(at), journal.to(at)];
  const where = functionOf(k, at);
  if (info.kind === "decide") return [field, where, journal.row(at), to];
  if (info.kind === "trace") return [field, where];
  if (looker.counters.has(field)) return [field, where, to - from, journal.count(at)];
  if (field === k.w.pte.entry.id) return [field, where, pte_flags(from), pte_flags(to), journal.count(at)];
  const name = `${info.table}.${info.name}`;
  if (PLAIN.has(name)) return [field, where, from, to, journal.count(at)];
  return SUMS.has(name) ? [field, where, to - from] : undefined;
}

// Of these the values themselves are compared, of those the difference.
const PLAIN = new Set(["page.flags", "folio.flags", "vma.flags", "pin.flags", "pin.live", "task.alive"]);
const SUMS = new Set([
  "mm.rss_file",
  "mm.rss_anon",
  "mm.rss_shmem",
  "mm.rss_swap",
  "mm.hugetlb_usage",
  "machine.swap_used",
]);

function functionOf(k: Kernel, at: number): number {
  const frame = k.journal.frame(at);
  return frame === 0 ? -1 : k.journal.frameFunction(frame).id;
}

function moveOf(moves: Map<Cell, Move>, cell: Cell): Move {
  const known = moves.get(cell);
  if (known) return known;
  const fresh = { sum: 0, peak: 0 };
  moves.set(cell, fresh);
  return fresh;
}

function move(of: Move, by: number): void {
  of.sum += by;
  if (of.sum > of.peak) of.peak = of.sum;
}

// FNV-1a twice, with the number of words: 64 bits and more.
class Hash {
  private a = 0x811c9dc5;
  private b = 0x9747b28c;
  private words = 0;

  all(numbers: readonly number[]): void {
    for (const number of numbers) this.add(number);
  }

  add(number: number): void {
    this.words++;
    const low = number | 0;
    const high = Math.floor(number / 2 ** 32) | 0;
    this.a = Math.imul(Math.imul(this.a ^ low, 0x01000193) ^ high, 0x01000193);
    this.b = Math.imul(Math.imul(this.b ^ high, 0x85ebca6b) ^ low, 0xc2b2ae35) + this.words;
  }

  get text(): string {
    return `${this.a >>> 0} ${this.b >>> 0} ${this.words}`;
  }
}
