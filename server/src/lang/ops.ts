// THE table of operations. Binder, checker, completion, hover, signature help, grammar, snippets and the reference manual
// are derived from it; adding an operation is one entry here (in the file of its group) and one sample.

import type { Errno } from "../mm/abi.ts";
import type { Kernel } from "../mm/kernel.ts";
import type { SymbolKind } from "./program.ts";
import type { Value } from "./value.ts";
import type { WordSpec } from "./words.ts";

export type ParamKind =
  // Where memory is; `length` beside it may be left out (the rest of the mapping).
  | { readonly kind: "address" }
  | { readonly kind: "length" }
  // Bytes, or a plain number.
  | { readonly kind: "size" }
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
  // As the signature shows it.
  readonly default?: string;
  readonly doc: string;
}

export type Group = "Address space" | "Access" | "Files" | "Processes" | "References" | "The kernel's own work";

export interface OpSpec {
  readonly name: string;
  readonly group: Group;
  // `mmap(length, prot=rw, flags=private|anonymous, fd=, offset=0, at=)`, derived from params.
  readonly synopsis: string;
  readonly params: readonly Param[];
  // What `NAME =` binds; undefined when it returns nothing.
  readonly result: SymbolKind | undefined;
  // First release that has it, and what earlier ones answer.
  readonly since?: string;
  readonly errno?: Errno;
  readonly only?: readonly string[];
  readonly simulated: boolean;
  // A memory access (outcome words may follow `->`), or a call (`ok` or an errno).
  readonly access: boolean;
  // The errnos that it can give.
  readonly errnos: readonly Errno[];
  // Markdown.
  readonly doc: string;
  readonly example: string;
  // Performs it. Outcome bits are left in call.k.outcome.
  run(call: OpCall): OpResult;
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
  // The arguments cannot be performed with: their values, not the kernel, forbid it.
  readonly fault?: {
    readonly param: number;
    readonly code: "none-argument" | "wrong-kind" | "bad-value" | "outside-mapping";
    readonly message: string;
  };
}
