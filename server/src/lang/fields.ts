// THE table of fields: what `page(p).refcount` and its like mean, where the kernel keeps it, and how it is read.

import type { Kernel } from "../mm/kernel.ts";
import type { Value } from "./value.ts";

export type FieldOwner = "page" | "folio" | "pte" | "vma" | "process" | "pin" | "file" | "last" | "machine" | "model";

// What a field's value is: a truth is 1 or 0, a counter is read signed, a word is one of `words`.
export type FieldType =
  | "truth"
  | "counter"
  | "number"
  | "bytes"
  | "string"
  | "word"
  | "words"
  | "page"
  | "folio"
  | "address";

export interface FieldSpec {
  readonly of: FieldOwner;
  readonly name: string;
  readonly type: FieldType;
  // The unit, where it has one: pages, bytes.
  readonly unit?: string;
  readonly words?: readonly string[];
  // Markdown.
  readonly doc: string;
  // Where Linux keeps it: `struct folio._refcount, include/linux/mm_types.h`.
  readonly source: string;
  readonly since?: string;
  // First release that has it no longer.
  readonly until?: string;
  readonly simulated: boolean;
  // The value in the world at the kernel's cursor. `value` is of the kind `of`.
  read(k: Kernel, value: Value): Value;
}
