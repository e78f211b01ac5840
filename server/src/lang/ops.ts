// THE table of operations. Binder, checker, completion, hover, signature help, grammar, snippets and the reference manual
// are derived from it; adding an operation is one entry (in the file of its group) and one sample.

import type { Errno } from "../mm/abi.ts";
import type { Kernel } from "../mm/kernel.ts";
import type { Model } from "../mm/model.ts";
import type { Code } from "./codes.ts";
import type { Arguments } from "./op.ts";
import { ACCESS_OPS } from "./ops_access.ts";
import { ADDRESS_SPACE_OPS } from "./ops_address_space.ts";
import { FILE_OPS } from "./ops_files.ts";
import { KERNEL_OPS } from "./ops_kernel.ts";
import { PROCESS_OPS } from "./ops_processes.ts";
import { REFERENCE_OPS } from "./ops_references.ts";
import type { SymbolKind } from "./program.ts";
import type { Value } from "./value.ts";
import type { Since, WordSpec } from "./words.ts";

export type ParamKind =
  // Where memory is; `length` beside it may be left out (the rest of the mapping).
  | { readonly kind: "address" }
  | { readonly kind: "length" }
  // Bytes, or a plain number.
  | { readonly kind: "size" }
  // Bytes into a file, or where the flags make it one an address.
  | { readonly kind: "offset" }
  | { readonly kind: "number" }
  // Letters of rwx, or none.
  | { readonly kind: "prot" }
  // Several words joined by `|`.
  | { readonly kind: "flags"; readonly words: readonly WordSpec[] }
  // One word.
  | { readonly kind: "word"; readonly words: readonly WordSpec[] }
  // One byte, or a string's bytes.
  | { readonly kind: "value" }
  | { readonly kind: "string" }
  | { readonly kind: "process" }
  | { readonly kind: "file" }
  | { readonly kind: "pin" };

export interface Param {
  readonly name: string;
  readonly of: ParamKind;
  readonly required: boolean;
  // As the signature shows it; empty for one that may be left out without a default.
  readonly default?: string;
  // Not together with a string for the operation's value.
  readonly forNumbers?: boolean;
  readonly doc: string;
}

export const GROUPS = [
  "Address space",
  "Access",
  "Files",
  "Processes",
  "References from outside the page tables",
  "The kernel's own work",
] as const;
export type Group = (typeof GROUPS)[number];

export interface OpSpec extends Since {
  readonly name: string;
  readonly group: Group;
  // `mmap(length, prot=rw, flags=private|anonymous, fd=, offset=0, at=)`, derived from params.
  readonly synopsis: string;
  readonly params: readonly Param[];
  // What `NAME =` binds; undefined when it returns nothing.
  readonly result: SymbolKind | undefined;
  readonly simulated: boolean;
  // Whether it takes a FOLL_PIN under the model, which a small folio counts as 1024 references; absent: never.
  readonly pins?: (model: Model) => boolean;
  // A memory access (outcome words may follow `->`), or a call (`ok` or an errno).
  readonly access: boolean;
  // The errnos that it can give, each with when.
  readonly errnos: readonly (readonly [Errno, string])[];
  // Markdown.
  readonly doc: string;
  readonly example: string;
  // Performs it. Outcome bits are left in call.k.outcome.
  run(call: OpCall): OpResult;
  // The arguments as run() takes them, defaults and left-out lengths filled in; undefined when it would take none.
  given(call: OpCall): Arguments | undefined;
}

export interface OpCall {
  readonly k: Kernel;
  // Who does it.
  readonly task: number;
  // By the position of the parameter; undefined where the line leaves it to the default.
  readonly args: readonly (Value | undefined)[];
  // The name that the line binds: new processes are called by it.
  readonly name: string | undefined;
}

export interface OpResult {
  readonly value?: Value;
  readonly errno?: Errno;
  // The operation cannot be performed with these values; that is the trace's mistake, not the kernel's refusal.
  readonly fault?: { readonly param: number; readonly code: Code; readonly message: string };
}

// By name, in the order of LANGUAGE.md, section 4.
export const OPS: ReadonlyMap<string, OpSpec> = new Map(
  [...ADDRESS_SPACE_OPS, ...ACCESS_OPS, ...FILE_OPS, ...PROCESS_OPS, ...REFERENCE_OPS, ...KERNEL_OPS].map((spec) => [
    spec.name,
    spec,
  ]),
);
