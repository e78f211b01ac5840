// Data breakpoints: which places of the world are watched, how a client names them, and when they stop.
//
// A counter, a flag, an entry or a VMA is a cell of the world: it stops right after each event that changes it. Bytes of
// an address space are watched through its page tables, so a copy on write that keeps them is no change; so is the entry
// of an address, which is another cell when a PMD is split or a range is collapsed.

import { evaluate } from "../lang/evaluate.ts";
import { isFault } from "../lang/program.ts";
import type { Value } from "../lang/value.ts";
import { MOST_FIELDS } from "../mm/journal.ts";
import type { Kernel } from "../mm/kernel.ts";
import { contentOf, leafAt, mmOf } from "../mm/observe.ts";
import type { Field } from "../mm/world.ts";
import type { Recording } from "../run/recording.ts";
import { done, type Moment, momentOfEvent, position } from "./moment.ts";
import { BEFORE_ALL, type Direction, inReach, type Watch } from "./watch.ts";

export type WatchedPlace = WatchedCell | WatchedEntry | WatchedBytes;

export interface WatchedCell {
  readonly kind: "cell";
  readonly table: string;
  readonly field: string;
  readonly row: number;
  // The flag bits that matter; undefined for all of the value.
  readonly mask: number | undefined;
  readonly name: string;
}

// What translates an address of a process: a PTE, or the PMD that maps a huge page there.
export interface WatchedEntry {
  readonly kind: "entry";
  readonly task: number;
  readonly vpn: number;
  readonly mask: number | undefined;
  readonly name: string;
}

export interface WatchedBytes {
  readonly kind: "bytes";
  readonly task: number;
  readonly at: bigint;
  readonly length: number;
  readonly name: string;
}

export type Access = "read" | "write" | "readWrite";

const MOST_BYTES = 2 ** 20;

export function dataId(places: readonly WatchedPlace[]): string {
  return places.map(placeId).join(";");
}

function placeId(place: WatchedPlace): string {
  if (place.kind === "bytes") return bytesId(place);
  return place.kind === "cell" ? cellId(place) : entryId(place);
}

function cellId({ table, field, row, mask }: WatchedCell): string {
  return `${table}.${field}[${row}]${mask === undefined ? "" : `&${mask}`}`;
}

function entryId({ task, vpn, mask }: WatchedEntry): string {
  return `entry ${task} ${vpn}${mask === undefined ? "" : `&${mask}`}`;
}

function bytesId({ task, at, length }: WatchedBytes): string {
  return `task ${task} 0x${at.toString(16)}+${length}`;
}

const CELL_ID = /^(\w+)\.(\w+)\[(\d{1,15})\](?:&(\d{1,15}))?$/;
const ENTRY_ID = /^entry (\d{1,9}) (\d{1,15})(?:&(\d{1,15}))?$/;
const BYTES_ID = /^task (\d{1,9}) (0x[0-9a-f]{1,16})\+(\d{1,8})$/;

// The places that an id of ours names; undefined for anything else.
export function placesOf(k: Kernel, id: string): WatchedPlace[] | undefined {
  const places = id.split(";").map((part) => placeOf(k, part));
  return places.every((place) => place !== undefined) ? places : undefined;
}

function placeOf(k: Kernel, part: string): WatchedPlace | undefined {
  const cell = CELL_ID.exec(part);
  if (cell) {
    const [, table, field, row, mask] = cell;
    if (!columnOf(k, table, field)) return undefined;
    return {
      kind: "cell",
      table,
      field,
      row: Number(row),
      mask: mask === undefined ? undefined : Number(mask),
      name: part,
    };
  }
  const entry = ENTRY_ID.exec(part);
  if (entry) {
    const [task, vpn] = [Number(entry[1]), Number(entry[2])];
    if (task >= k.side.taskNames.length || vpn >= k.geometry.taskPages) return undefined;
    return { kind: "entry", task, vpn, mask: entry[3] === undefined ? undefined : Number(entry[3]), name: part };
  }
  const bytes = BYTES_ID.exec(part);
  if (!bytes) return undefined;
  const length = Number(bytes[3]);
  if (length < 1 || length > MOST_BYTES || Number(bytes[1]) >= k.side.taskNames.length) return undefined;
  return { kind: "bytes", task: Number(bytes[1]), at: BigInt(bytes[2]), length, name: part };
}

function columnOf(k: Kernel, table: string, field: string): Field | undefined {
  const found = Object.values(k.w).find((candidate) => candidate.name === table);
  return found?.fields.find((column) => column.name === field);
}

export function dataWatch(recording: Recording, places: readonly WatchedPlace[], access: Access): Watch {
  const watches: Watch[] = [];
  const cells = places.filter((place) => place.kind === "cell");
  if (cells.length > 0 && access !== "read") watches.push(cellWatch(recording, cells));
  for (const place of places) {
    if (place.kind === "entry" && access !== "read") watches.push(entryWatch(recording, place));
    if (place.kind !== "bytes") continue;
    if (access !== "read") watches.push(bytesWatch(recording, place));
    if (access !== "write") watches.push(readWatch(recording, place));
  }
  return union(watches);
}

function union(watches: readonly Watch[]): Watch {
  return {
    find(from, direction, bound) {
      let best: Moment | undefined;
      for (const watch of watches) best = watch.find(from, direction, best ?? bound) ?? best;
      return best;
    },
  };
}

function cellWatch(recording: Recording, cells: readonly WatchedCell[]): Watch {
  const { journal } = recording.kernel;
  const masks = new Map<number, number | undefined>();
  const fields = new Set<number>();
  for (const { table, field, row, mask } of cells) {
    const column = columnOf(recording.kernel, table, field);
    if (!column) continue;
    masks.set(row * MOST_FIELDS + column.id, mask);
    fields.add(column.id);
  }
  return eventWatch(recording, (event) => {
    const field = journal.field(event);
    if (!fields.has(field)) return false;
    return journal.some(event, (row, from, to) => {
      const key = row * MOST_FIELDS + field;
      if (!masks.has(key)) return false;
      const mask = masks.get(key);
      return mask === undefined || ((from ^ to) & mask) !== 0;
    });
  });
}

// Stops after each event at which another entry, or another kind of one, translates the address than before.
function entryWatch(recording: Recording, { task, vpn, mask }: WatchedEntry): Watch {
  const { kernel } = recording;
  const { journal, geometry, w } = kernel;
  const perTable = 2 ** geometry.bits[0];
  const slots = [vpn % perTable, Math.floor(vpn / perTable) % 2 ** (geometry.bits[1] ?? 0)];
  const isSlot = (row: number): boolean => slots.includes(row % geometry.stride);
  const seen = (event: number) => {
    kernel.seek(event);
    const mm = mmOf(kernel, task);
    return mm < 0 ? { entry: 0, level: 0 } : leafAt(kernel, mm, vpn);
  };
  return eventWatch(recording, (event) => {
    if (journal.field(event) !== w.pte.entry.id || !journal.some(event, isSlot)) return false;
    const before = seen(event);
    const after = seen(event + 1);
    if (mask !== undefined) return ((before.entry ^ after.entry) & mask) !== 0;
    return before.entry !== after.entry || before.level !== after.level;
  });
}

// Stops after each event at which the process sees other bytes at the address than before. Mapping or unmapping the
// page is no change of its bytes.
function bytesWatch(recording: Recording, { task, at, length }: WatchedBytes): Watch {
  const { kernel } = recording;
  const mayChange = mayChangeBytes(kernel, at, length);
  return eventWatch(recording, (event) => {
    if (!mayChange(event)) return false;
    kernel.seek(event);
    const before = bytesOf(kernel, task, at, length);
    kernel.seek(event + 1);
    const after = bytesOf(kernel, task, at, length);
    return before.some((byte, i) => byte !== undefined && after[i] !== undefined && byte !== after[i]);
  });
}

// Leaves out, without looking at the world, almost all events that cannot change what is seen at the address.
function mayChangeBytes(k: Kernel, at: bigint, length: number): (event: number) => boolean {
  const { journal, geometry, w, contents } = k;
  const offset = Number(at % BigInt(k.pageSize));
  const onePage = offset + length <= k.pageSize;
  const perTable = 2 ** geometry.bits[0];
  const first = Number((at / BigInt(k.pageSize)) % BigInt(perTable));
  const pages = Math.ceil((offset + length) / k.pageSize);
  return (event) => {
    const field = journal.field(event);
    if (field === w.pte.entry.id) return journal.some(event, isSlot);
    if (field !== w.page.content.id) return false;
    return !onePage || journal.some(event, otherBytes);
  };

  function isSlot(row: number): boolean {
    return ((row % geometry.stride) - first + perTable) % perTable < pages;
  }

  function otherBytes(_row: number, from: number, to: number): boolean {
    for (let i = offset; i < offset + length; i++) if (contents.byte(from, i) !== contents.byte(to, i)) return true;
    return false;
  }
}

// undefined where no page is mapped, nor in swap.
function bytesOf(k: Kernel, task: number, at: bigint, length: number): (number | undefined)[] {
  const mm = mmOf(k, task);
  const size = BigInt(k.pageSize);
  const bytes: (number | undefined)[] = [];
  let content = -1;
  let page = -1n;
  for (let i = 0; i < length; i++) {
    const address = at + BigInt(i);
    if (address / size !== page) {
      page = address / size;
      content = mm < 0 ? -1 : contentOf(k, mm, Number(page));
    }
    bytes.push(content < 0 ? undefined : k.contents.byte(content, Number(address % size)));
  }
  return bytes;
}

// Stops behind each `read` of the process that covers one of the bytes.
function readWatch(recording: Recording, { task, at, length }: WatchedBytes): Watch {
  const { steps, program } = recording;
  return {
    find(from: Moment, direction: Direction, bound: Moment) {
      const first = Math.max(0, Math.min(from.step, steps.length - 1));
      const last = Math.max(0, Math.min(bound.step, steps.length - 1));
      for (let step = first; (last - step) * direction >= 0 && step < steps.length; step += direction) {
        const statement = program.statements[steps.statement(step)];
        if (statement.kind !== "operation" || statement.op.name !== "read" || steps.task(step) !== task) continue;
        const env = recording.environment(step, task);
        const [start, count] = statement.args.slice(0, 2).map((arg) => (arg ? evaluate(arg, env) : 1n));
        if (isFault(start) || isFault(count)) continue;
        const begin = addressOf(start);
        const end = begin + (typeof count === "bigint" ? count : 1n);
        const moment = done(recording, step);
        if (begin < at + BigInt(length) && at < end && inReach(moment, from, direction, bound)) return moment;
      }
      return undefined;
    },
  };
}

function addressOf(value: Value): bigint {
  if (typeof value === "bigint") return value;
  return typeof value === "object" && value !== null && value.kind === "address" ? value.at : 0n;
}

// The moments right after the events that pass.
function eventWatch(recording: Recording, passes: (event: number) => boolean): Watch {
  const { steps } = recording;
  return {
    find(from, direction, bound) {
      if (from === BEFORE_ALL || from.step < 0) return this.find({ step: 0, offset: 0 }, direction, bound);
      const last = Math.min(position(recording, bound), recording.length);
      if (direction > 0) {
        for (let event = position(recording, from); event < last; event++) {
          if (!passes(event)) continue;
          const moment = momentOfEvent(recording, event);
          if (inReach(moment, from, direction, bound)) return moment;
        }
        return undefined;
      }
      const least = Math.max(steps.boot, position(recording, bound) - 1);
      for (let event = position(recording, from) - 1; event >= least; event--) {
        if (!passes(event)) continue;
        const moment = momentOfEvent(recording, event);
        if (inReach(moment, from, direction, bound)) return moment;
      }
      return undefined;
    },
  };
}
