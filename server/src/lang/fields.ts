// THE table of fields: what `page(p).refcount` and its like mean, where the kernel keeps it, and how it is read.
// Checker, completion, hover and the reference manual are derived from it. The entries stand in fields_*.ts.

import type { Kernel } from "../mm/kernel.ts";
import { baseRelease, compareReleases, type ModelName } from "../mm/releases.ts";
import { FOLIO_FIELDS } from "./fields_folio.ts";
import { LAST_FIELDS, MACHINE_FIELDS, MODEL_FIELDS } from "./fields_machine.ts";
import { PTE_FIELDS, VMA_FIELDS } from "./fields_mapping.ts";
import { PAGE_FIELDS } from "./fields_page.ts";
import { FILE_FIELDS, PIN_FIELDS, PROCESS_FIELDS } from "./fields_process.ts";
import type { Value } from "./value.ts";

export type FieldOwner = "page" | "folio" | "pte" | "vma" | "process" | "pin" | "file" | "last" | "machine" | "model";

// What a field's value is: a truth is 1 or 0, a counter is read signed, a word is one of `words`, words a set of them.
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
  | "file"
  | "address";

export interface FieldSpec {
  readonly of: FieldOwner;
  readonly name: string;
  readonly type: FieldType;
  // The unit, where it has one: pages, bytes.
  readonly unit?: string;
  // The named values that it is compared with.
  readonly words?: readonly string[];
  // Markdown.
  readonly doc: string;
  // Where Linux keeps it: `struct folio._refcount, include/linux/mm_types.h`.
  readonly source: string;
  readonly since?: string;
  // First release that has it no longer.
  readonly until?: string;
  // Proposals that have it although their base release does not.
  readonly also?: readonly ModelName[];
  readonly simulated: boolean;
  // The value in the world at the kernel's cursor. `value` is of the kind `of`. Asked only of models that have it.
  read(k: Kernel, value: Value): Value;
}

export const FIELDS: readonly FieldSpec[] = [
  ...PAGE_FIELDS,
  ...FOLIO_FIELDS,
  ...PTE_FIELDS,
  ...VMA_FIELDS,
  ...PROCESS_FIELDS,
  ...PIN_FIELDS,
  ...FILE_FIELDS,
  ...LAST_FIELDS,
  ...MACHINE_FIELDS,
  ...MODEL_FIELDS,
];

const BY_OWNER = new Map<FieldOwner, Map<string, FieldSpec>>();
for (const spec of FIELDS) {
  const fields = BY_OWNER.get(spec.of) ?? new Map<string, FieldSpec>();
  BY_OWNER.set(spec.of, fields.set(spec.name, spec));
}

export function fieldOf(owner: FieldOwner, name: string): FieldSpec | undefined {
  return BY_OWNER.get(owner)?.get(name);
}

export function fieldsOf(owner: FieldOwner): FieldSpec[] {
  return [...(BY_OWNER.get(owner)?.values() ?? [])];
}

export function hasField(model: ModelName, spec: FieldSpec): boolean {
  if (spec.since === undefined && spec.until === undefined) return true;
  if (spec.also?.includes(model)) return true;
  const release = baseRelease(model);
  if (spec.since !== undefined && compareReleases(release, spec.since) < 0) return false;
  return spec.until === undefined || compareReleases(release, spec.until) < 0;
}
