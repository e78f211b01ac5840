// Which fields may follow an expression: what kind of value it is, read off the tree before anything has run.

import { type FieldOwner, fieldOf } from "../lang/fields.ts";
import type { Program, SymbolKind } from "../lang/program.ts";
import type { ExprNode } from "../lang/tree.ts";

export const FUNCTION_VALUES: Readonly<Record<string, FieldOwner>> = { page: "page", pte: "pte", vma: "vma" };
export const WORD_VALUES: Readonly<Record<string, FieldOwner>> = { last: "last", machine: "machine", model: "model" };
export const SYMBOL_VALUES: Readonly<Partial<Record<SymbolKind, FieldOwner>>> = {
  process: "process",
  pin: "pin",
  file: "file",
};

// Undefined when the value has no fields, or when nobody can tell.
export function ownerOf(node: ExprNode, program: Program): FieldOwner | undefined {
  switch (node.kind) {
    case "group":
      return ownerOf(node.inner, program);
    case "name": {
      const symbol = program.symbol(node.text);
      return symbol ? SYMBOL_VALUES[symbol.kind] : WORD_VALUES[node.text];
    }
    case "call":
      if (node.callee.kind === "name") return FUNCTION_VALUES[node.callee.text];
      // `pin.page(i)` is a page.
      return node.callee.kind === "field" && node.callee.name.text === "page" ? "page" : undefined;
    case "field": {
      const owner = ownerOf(node.object, program);
      return owner && ownerOfField(owner, node.name.text);
    }
    default:
      return undefined;
  }
}

// The fields of a field's value: `page(p).folio`, `vma(p).file`.
export function ownerOfField(owner: FieldOwner, name: string): FieldOwner | undefined {
  const type = fieldOf(owner, name)?.type;
  return type === "folio" || type === "page" || type === "file" ? type : undefined;
}
