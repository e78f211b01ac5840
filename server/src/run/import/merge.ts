// In which order do the lines of several logs come? Files of -ff and perf's faults are merged by time, as a stream.
//
// A log without times has only the order of its own lines; then a file is read where the line stands that bears its
// process, which is an order that could have happened.

import { readResult, splitArguments } from "./call.ts";
import { readFault } from "./faults.ts";
import { BIRTHS } from "./life.ts";
import { readLine } from "./line.ts";
import type { StraceImport } from "./strace.ts";

/** Lines in batches, as a reader of files hands them out; an array of one array does too. */
export type Batches = AsyncIterable<readonly string[]> | Iterable<readonly string[]>;

export interface LogSource {
  readonly lines: Batches;
  /** Whose lines they are, from the suffix of a -ff file; 0 when the lines tell. */
  readonly pid: number;
}

/** Feeds all lines of the logs, and of perf's faults if there are any, to an import, in the order of their times. */
export async function feed(into: StraceImport, logs: readonly LogSource[], faults?: Batches): Promise<void> {
  const readers = logs.map(
    (log, i) => new Reader(log.lines, (line) => into.line(line, i, log.pid), logTime, log.pid, i),
  );
  if (faults !== undefined) readers.push(new Reader(faults, (line) => into.fault(line), faultTime, -1, logs.length));
  if (readers.length === 1) {
    await readers[0]!.pass();
    return;
  }
  for (const reader of readers) await reader.fill();
  const timed = readers.every((reader) => reader.ended || reader.timed);
  await (timed ? byTime(readers) : byBirth(readers));
}

/** Nanoseconds within a second need 30 bits, seconds since 1970 31: a pair keeps what a double would lose. */
interface Time {
  readonly seconds: number;
  readonly nanos: number;
}

const DAY = 86400;

function logTime(line: string, last: Time | undefined): Time | undefined {
  const { seconds, nanos, clock } = readLine(line);
  if (seconds < 0) return undefined;
  if (last === undefined) return { seconds, nanos };
  if (clock === "relative") {
    // -r counts from the line before.
    const sum = last.nanos + nanos;
    return { seconds: last.seconds + seconds + Math.floor(sum / 1e9), nanos: sum % 1e9 };
  }
  if (clock === "day") {
    // -t has no date: a time that falls back by half a day has passed midnight.
    let shifted = seconds + Math.floor(last.seconds / DAY) * DAY;
    if (shifted < last.seconds - DAY / 2) shifted += DAY;
    return { seconds: shifted, nanos };
  }
  return { seconds, nanos };
}

function faultTime(line: string): Time | undefined {
  const fault = readFault(line);
  return fault === undefined ? undefined : { seconds: fault.seconds, nanos: fault.nanos };
}

/** One log with its next line at hand. */
class Reader {
  ended = false;
  readonly pid: number;
  private readonly order: number;
  private readonly batches: AsyncIterator<readonly string[]> | Iterator<readonly string[]>;
  private readonly hand: (line: string) => void;
  private readonly timeOf: (line: string, last: Time | undefined) => Time | undefined;
  private batch: readonly string[] = [];
  private next = 0;
  private time: Time | undefined;

  constructor(
    lines: Batches,
    hand: (line: string) => void,
    timeOf: (line: string, last: Time | undefined) => Time | undefined,
    pid: number,
    order: number,
  ) {
    this.order = order;
    this.batches = Symbol.asyncIterator in lines ? lines[Symbol.asyncIterator]() : lines[Symbol.iterator]();
    this.hand = hand;
    this.timeOf = timeOf;
    this.pid = pid;
  }

  get timed(): boolean {
    return this.time !== undefined;
  }

  get line(): string {
    return this.batch[this.next]!;
  }

  /** Hands on all lines as they come. */
  async pass(): Promise<void> {
    for (; !this.ended; await this.fill()) {
      for (; this.next < this.batch.length; this.next++) this.hand(this.line);
    }
  }

  /** Reads on until a line is at hand. True when it had to wait for none. */
  async fill(): Promise<void> {
    while (this.next >= this.batch.length && !this.ended) {
      const { done, value } = await this.batches.next();
      if (done === true) this.ended = true;
      else {
        this.batch = value;
        this.next = 0;
      }
    }
    if (!this.ended) this.look();
  }

  /** Hands on the line at hand. False when the next one must be waited for. */
  step(): boolean {
    this.hand(this.line);
    this.next++;
    if (this.next >= this.batch.length) return false;
    this.look();
    return true;
  }

  /** Whether its line comes first; of two equal times, that of the log named first. */
  before(other: Reader): boolean {
    if (this.time === undefined || other.time === undefined) return true;
    const { seconds, nanos } = this.time;
    if (seconds !== other.time.seconds) return seconds < other.time.seconds;
    if (nanos !== other.time.nanos) return nanos < other.time.nanos;
    return this.order < other.order;
  }

  /** A line without a time stays with the one before it. */
  private look(): void {
    this.time = this.timeOf(this.line, this.time) ?? this.time;
  }
}

/** The reader with the earliest line goes first; the others wait in the order of their times. */
async function byTime(readers: readonly Reader[]): Promise<void> {
  const waiting: Reader[] = [];
  for (const reader of readers) if (!reader.ended) queue(waiting, reader);
  for (let reader = waiting.shift(); reader !== undefined; reader = waiting.shift()) {
    do {
      if (!reader.step()) await reader.fill();
    } while (!reader.ended && (waiting.length === 0 || reader.before(waiting[0]!)));
    if (!reader.ended) queue(waiting, reader);
  }
}

function queue(waiting: Reader[], reader: Reader): void {
  let low = 0;
  let high = waiting.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (waiting[middle]!.before(reader)) low = middle + 1;
    else high = middle;
  }
  waiting.splice(low, 0, reader);
}

/** Depth first: a child's file stands where its parent's line bears it; what nobody bears comes in the order of the files. */
async function byBirth(readers: readonly Reader[]): Promise<void> {
  const waiting = new Map(readers.map((reader) => [reader.pid, reader]));
  const stack: Reader[] = [];
  for (const root of readers) {
    if (!waiting.delete(root.pid)) continue;
    stack.push(root);
    for (let reader = stack.at(-1); reader !== undefined; reader = stack.at(-1)) {
      if (reader.ended) {
        stack.pop();
        continue;
      }
      const child = waiting.get(childOf(reader.line));
      if (!reader.step()) await reader.fill();
      if (child !== undefined && waiting.delete(child.pid)) stack.push(child);
    }
  }
}

/** The process that a line bears, or -2. */
function childOf(line: string): number {
  const { kind, name, text } = readLine(line);
  if (kind !== "call" || !BIRTHS.has(name)) return -2;
  const { end } = splitArguments(text);
  const result = end < 0 ? undefined : readResult(text, end);
  return result === undefined || !(result.value > 0) ? -2 : result.value;
}
