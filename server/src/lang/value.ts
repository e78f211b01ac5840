// What a name is bound to and what an expression gives.

import type { Words } from "./words.ts";

// `none`: no page, no such field, the result of a call that failed.
export type None = null;

// An address, with the mapping that it came from: [start, end) as it was mapped. Arithmetic keeps the mapping.
export interface Address {
  readonly kind: "address";
  readonly at: bigint;
  readonly start: bigint;
  readonly end: bigint;
}

// task, file, pin and vma are row numbers of the world's tables.
export interface Process {
  readonly kind: "process";
  readonly task: number;
}

export interface FileValue {
  readonly kind: "file";
  readonly file: number;
}

export interface Pin {
  readonly kind: "pin";
  readonly pin: number;
}

export interface PageValue {
  readonly kind: "page";
  readonly pfn: number;
}

// A folio goes by the frame of its first page.
export interface FolioValue {
  readonly kind: "folio";
  readonly pfn: number;
}

// The entry that an address has, or has not, in the tables of a task. `vpn` counts pages.
export interface PteValue {
  readonly kind: "pte";
  readonly task: number;
  readonly vpn: number;
}

export interface VmaValue {
  readonly kind: "vma";
  readonly vma: number;
}

// `last`: what the last operation came to. `bits` are those of mm/outcome.ts.
export interface Outcomes {
  readonly kind: "outcomes";
  readonly bits: number;
  readonly errno: string | undefined;
}

export interface MachineValue {
  readonly kind: "machine";
}

export interface ModelValue {
  readonly kind: "model";
}

// A number is an unsigned 64-bit bigint; a counter that the kernel prints signed may be negative.
// A string holds bytes: see bytes.ts for those that are no UTF-8.
export type Value =
  | None
  | bigint
  | string
  | Address
  | Process
  | FileValue
  | Pin
  | PageValue
  | FolioValue
  | PteValue
  | VmaValue
  | Outcomes
  | MachineValue
  | ModelValue
  | Words;

export type ValueKind = "none" | "number" | "string" | Exclude<Value, None | bigint | string>["kind"];

export function kindOf(value: Value): ValueKind {
  if (value === null) return "none";
  if (typeof value === "bigint") return "number";
  if (typeof value === "string") return "string";
  return value.kind;
}

export const MACHINE: MachineValue = { kind: "machine" };
export const MODEL: ModelValue = { kind: "model" };
export const TRUE = 1n;
export const FALSE = 0n;
