// The simulated kernel's state: the world, its journal, and the one funnel through which every change goes.

import { Contents } from "./content.ts";
import { bug, LimitReached } from "./errors.ts";
import { even, fill } from "./event_runs.ts";
import { CONDITIONS, type Condition, FUNCTIONS } from "./frames.ts";
import { type Geometry, geometryOf } from "./geometry.ts";
import { type FieldInfo, Journal, MOST_FIELDS } from "./journal.ts";
import { LiveRows } from "./live_rows.ts";
import { LruIndex } from "./lru_index.ts";
import type { Machine } from "./machine.ts";
import type { Model } from "./model.ts";
import { RmapIndex } from "./rmap_index.ts";
import { Side } from "./side.ts";
import { TRACEPOINTS, type Tracepoint } from "./tracepoints.ts";
import { VmaIndex } from "./vma_index.ts";
import { type Columns, ensureRows, type Field, newColumns, type Table, type World } from "./world.ts";

export interface Limits {
  // Events that a run may make before it stops with LimitReached.
  readonly events: number;
  // Bytes that world and journal may take.
  readonly bytes: number;
}

// Where replayed decisions and tracepoints go: nobody reads it.
const UNREAD = { data: new Float64Array(1) };

// What the journal keeps: everything; changes of the world alone, enough to undo them; or nothing.
export type Keeping = boolean | "changes";

// Limits are looked at once in so many events.
const POLL_MASK = 0x3ff;
// To write so many rows of a run takes about as long as one event: 2 ** ROWS_SHIFT.
const ROWS_SHIFT = 4;

const DEFAULT_LIMITS: Limits = { events: 20_000_000, bytes: 2 ** 31 };

// Who runs when no process of the trace does: the process that makes them, or a thread of the kernel, whose allocations
// kill nobody.
export const INIT_TASK = -1;
export const KTHREAD = -2;

export class Kernel {
  readonly model: Model;
  readonly machine: Machine;
  readonly geometry: Geometry;
  readonly w: World;
  readonly journal: Journal;
  readonly contents: Contents;
  // What rows own beside numbers: names of tasks, pages of pins, indexes of caches. Append-only, so a seek leaves it.
  readonly side: Side;
  readonly vmas: VmaIndex;
  readonly lrus: LruIndex;
  readonly rmap: RmapIndex;
  // Those that are in use.
  readonly live: { readonly tasks: LiveRows; readonly mms: LiveRows; readonly pins: LiveRows };
  readonly limits: Limits;
  readonly pageSize: number;
  // A counter that has come so far does not fit its bits, and wraps around (overflow.ts).
  readonly refcountEnd: number;
  readonly mapcountEnd: number;
  // More references than that fork, faults and GUP do not take where the model fails early (page_ref.ts).
  readonly refcountLimit: number;
  // Frames of the machine; valid pfns are below it.
  readonly totalPages: number;
  // Pages that one slot of each level spans.
  readonly scales: readonly number[];
  // Pages of a PMD-sized folio, and log2 of them: HPAGE_PMD_NR and HPAGE_PMD_ORDER, include/linux/huge_mm.h.
  readonly hpageNr: number;
  readonly hpageOrder: number;
  // The running invocation (a frame id of the journal); 0 outside of any system call.
  frame = 0;
  // The outcome bits of the running operation (outcome.ts).
  outcome = 0;
  // The task whose system call or fault runs, or one of the two below.
  current = KTHREAD;
  // The tasks that the OOM killer has ended since the operation began.
  killed: number[] = [];
  // Asked now and then during long work; throws LimitReached to end it (a deadline, a cancelled request).
  interrupt: (() => void) | undefined;
  private ticks = 0;
  private at = 0;
  private readonly columns: Columns;
  private readonly decideField: number;
  private readonly traceFields: Readonly<Record<Tracepoint, number>>;
  // The columns by the fields' ids.
  private readonly replayed: readonly { readonly data: Float64Array }[];
  // Decisions and tracepoints are events, too.
  private readonly telling: boolean;
  // Counts seeks and truncations: whoever keeps something derived from the world compares it.
  private epochs = 0;

  constructor(
    model: Model,
    machine: Machine,
    options: { journal?: Keeping; limits?: Partial<Limits>; past?: Kernel } = {},
  ) {
    this.model = model;
    this.machine = machine;
    this.geometry = geometryOf(machine.arch);
    this.pageSize = 2 ** this.geometry.pageShift;
    this.refcountEnd = 2 ** (machine.refcount_bits - 1);
    this.mapcountEnd = 2 ** (machine.mapcount_bits - 1);
    this.refcountLimit = model.refcountFailsEarly ? 2 ** (machine.refcount_bits - 2) : Number.POSITIVE_INFINITY;
    this.totalPages = Math.floor(machine.memory / this.pageSize);
    this.scales = this.geometry.bits.map((_, level) => 2 ** sum(this.geometry.bits.slice(0, level)));
    this.hpageOrder = this.geometry.bits[0];
    this.hpageNr = 2 ** this.hpageOrder;
    this.limits = { ...DEFAULT_LIMITS, ...options.limits };
    this.columns = newColumns();
    this.w = this.columns.w;
    const fields: FieldInfo[] = [...this.columns.fields];
    this.decideField = fields.length;
    fields.push({ id: this.decideField, table: "decision", name: "decide", kind: "decide" });
    const traces = Object.keys(TRACEPOINTS).map((name) => {
      const id = fields.length;
      fields.push({ id, table: "task", name: TRACEPOINTS[name as Tracepoint], kind: "trace" });
      return [name, id];
    });
    if (fields.length > MOST_FIELDS) bug(`${fields.length} fields do not fit the journal's events`);
    this.traceFields = Object.fromEntries(traces) as Record<Tracepoint, number>;
    this.replayed = fields.map((_, id) => this.columns.fields[id] ?? UNREAD);
    this.telling = options.journal !== "changes";
    this.contents = options.past?.contents ?? new Contents();
    this.side = options.past ? options.past.side.fork() : new Side();
    this.vmas = new VmaIndex(this);
    this.lrus = new LruIndex(this);
    this.rmap = new RmapIndex(this);
    const { task, mm, pin } = this.w;
    this.live = {
      tasks: new LiveRows(this, task, task.alive),
      mms: new LiveRows(this, mm, mm.users),
      pins: new LiveRows(this, pin, pin.live),
    };
    this.journal = options.past
      ? options.past.journal.fork(options.past.position, options.past.framesAt(options.past.position))
      : new Journal(fields, FUNCTIONS, options.journal !== false, this.telling);
  }

  // The one write. A write that changes nothing is no event.
  set(field: Field, row: number, to: number): void {
    const from = field.data[row];
    if (from === to) return;
    field.data[row] = to;
    this.journal.push(field.id, row, from, to, this.frame);
    this.at++;
    if ((this.at & POLL_MASK) === 0) this.poll();
  }

  add(field: Field, row: number, delta: number): void {
    this.set(field, row, field.data[row] + delta);
  }

  // The same for so many rows in a row, which get to, to + step, …: one event for each run of them that changes equally.
  setRun(field: Field, row: number, count: number, to: number, step = 0): void {
    const { data } = field;
    for (let i = 0; i < count; ) {
      const value = to + i * step;
      if (data[row + i] === value) i++;
      else i += this.change(field, row + i, even(data, row + i, count - i, value, step), value, step);
    }
  }

  addRun(field: Field, row: number, count: number, delta: number): void {
    if (delta === 0) return;
    const { data } = field;
    for (let at = row; at < row + count; ) {
      const rows = even(data, at, row + count - at, Number.NaN, 0);
      at += this.change(field, at, rows, data[at] + delta, rows > 1 ? data[at + 1] - data[at] : 0);
    }
  }

  // One event for that many rows, which differ evenly now. Returns their number.
  private change(field: Field, row: number, count: number, to: number, step: number): number {
    if (count === 1) {
      this.set(field, row, to);
      return 1;
    }
    const { data } = field;
    const from = data[row];
    const fromStep = data[row + 1] - from;
    fill(data, row, count, to, step);
    this.journal.pushRun(field.id, row, count, from, fromStep, to, step, this.frame);
    this.at++;
    // Limits of time count events; the rows of a run are work, too.
    this.ticks += count >>> ROWS_SHIFT;
    if ((this.at & POLL_MASK) === 0 || (this.ticks & POLL_MASK) < count >>> ROWS_SHIFT) this.poll();
    return count;
  }

  // A new row of the table, all zero. Rows are never reused: an id names one object for the whole recording.
  create(table: Table): number {
    const row = table.count.data[table.number];
    ensureRows(table, row + 1);
    this.set(table.count, table.number, row + 1);
    return row;
  }

  // So many new rows, one event: the first of them.
  createRun(table: Table, count: number): number {
    const row = table.count.data[table.number];
    ensureRows(table, row + count);
    this.set(table.count, table.number, row + count);
    return row;
  }

  // Rows that exist without being created one by one (page frames, slots of a page table).
  ensure(table: Table, rows: number): void {
    ensureRows(table, rows);
  }

  rows(table: Table): number {
    return table.count.data[table.number];
  }

  // Records that the kernel asked `what` about the number `input`, and gives the answer back.
  decide(what: Condition, input: number, answer: boolean): boolean {
    if (!this.telling) return answer;
    this.journal.push(this.decideField, what.id, input, answer ? 1 : 0, this.frame);
    this.at++;
    return answer;
  }

  trace(what: Tracepoint, row: number, from: number, to: number): void {
    if (!this.telling) return;
    this.journal.push(this.traceFields[what], row, from, to, this.frame);
    this.at++;
    if ((this.at & POLL_MASK) === 0) this.poll();
  }

  // Called for work that may make no event (an access that hits), so that it too ends at a limit.
  tick(): void {
    if ((++this.ticks & POLL_MASK) === 0) this.poll();
  }

  // Where in time the world is: how many events have been applied.
  get position(): number {
    return this.at;
  }

  get epoch(): number {
    return this.epochs;
  }

  // The world after the first `position` events. Reading it there is safe; running on needs truncate() first.
  seek(position: number): void {
    if (position === this.at) return;
    this.journal.replay(this.at, position, this.replayed);
    this.at = position;
    this.epochs++;
  }

  // Forgets what came after `position` and leaves the world there, ready to run on.
  truncate(position: number): void {
    this.seek(position);
    this.journal.truncate(position, this.framesAt(position));
    this.frame = 0;
    this.epochs++;
  }

  // A branch from here: a kernel with its own world and future, which shares this one's past.
  fork(position: number, limits?: Partial<Limits>): Kernel {
    const back = this.at;
    this.seek(position);
    const branch = new Kernel(this.model, this.machine, { past: this, limits: { ...this.limits, ...limits } });
    branch.takeWorld(this);
    this.seek(back);
    return branch;
  }

  // Bytes of the world's columns and of the journal.
  get bytes(): number {
    let bytes = this.journal.bytes + this.contents.bytes;
    for (const field of this.columns.fields) bytes += field.data.byteLength;
    return bytes;
  }

  conditionOf(event: number): Condition | undefined {
    return this.journal.field(event) === this.decideField ? CONDITIONS[this.journal.row(event)] : undefined;
  }

  private takeWorld(from: Kernel): void {
    for (const [i, table] of this.columns.tables.entries()) ensureRows(table, from.columns.tables[i].capacity);
    for (const [i, field] of this.columns.fields.entries()) field.data.set(from.columns.fields[i].data);
    this.at = from.at;
  }

  // How many frames existed before the event at `position`, the first of a system call. Frame ids grow in call order,
  // so these are the ones below the outermost frame of the next event that has one.
  private framesAt(position: number): number {
    if (!this.telling) return this.journal.frames;
    for (let at = position; at < this.journal.length; at++) {
      let frame = this.journal.frame(at);
      if (frame === 0) continue;
      while (this.journal.frameUp(frame) !== 0) frame = this.journal.frameUp(frame);
      return frame;
    }
    return this.journal.frames;
  }

  private poll(): void {
    if (this.at > this.limits.events) {
      throw new LimitReached("events", `the run made more than ${this.limits.events.toLocaleString("en-US")} events`);
    }
    if (this.bytes > this.limits.bytes) {
      throw new LimitReached(
        "memory",
        `the recording took more than ${this.limits.bytes.toLocaleString("en-US")} bytes`,
      );
    }
    this.interrupt?.();
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
