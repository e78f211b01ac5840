// What stands where on a line: its tree cut into marks, each with what the tables know of it.
//
// Hover, semantic tokens, definition, rename and selection ask the same question, so it is answered once, here.

import type { FieldSpec } from "../lang/fields.ts";
import { FIELDS, fieldOf } from "../lang/fields.ts";
import type { OpSpec, Param } from "../lang/ops.ts";
import { OPS } from "../lang/ops.ts";
import type { Program } from "../lang/program.ts";
import type { Span } from "../lang/text.ts";
import type { ArgNode, ExprNode, LineTree, NameNode, OperationNode } from "../lang/tree.ts";
import { findWord, type WordSpec } from "../lang/words.ts";
import { ownerOf } from "./owners.ts";

export type Mark = Span &
  (
    | { readonly kind: "keyword"; readonly word: string }
    | { readonly kind: "model"; readonly name: string }
    | { readonly kind: "when"; readonly text: string }
    | { readonly kind: "setting"; readonly key: string }
    | { readonly kind: "setting value"; readonly key: string; readonly text: string }
    | { readonly kind: "symbol"; readonly name: string; readonly declares: boolean }
    | { readonly kind: "operation"; readonly name: string; readonly op: OpSpec | undefined }
    | { readonly kind: "parameter"; readonly name: string; readonly op: OpSpec; readonly param: Param | undefined }
    // A flag, an advice, a protection, or the name of a field's value; `spec` is what the table says of it.
    | { readonly kind: "word"; readonly text: string; readonly spec: WordSpec | undefined; readonly of: string }
    | { readonly kind: "outcome"; readonly word: string }
    | { readonly kind: "field"; readonly name: string; readonly spec: FieldSpec | undefined }
    | { readonly kind: "function"; readonly name: string }
    // `none`, `true`, `false`, `last`, `machine`, `model`.
    | { readonly kind: "constant"; readonly name: string }
    | { readonly kind: "number" }
    | { readonly kind: "string" }
    | { readonly kind: "comment" }
  );

export const CONSTANTS: readonly string[] = ["none", "true", "false", "last", "machine", "model"];

// In the order of their columns; they never overlap.
export function marksOf(line: LineTree, text: string, program: Program): Mark[] {
  const marks: Mark[] = [];
  const cut = new Cutter(marks, text, program);
  cut.line(line);
  if (line.comment) marks.push({ kind: "comment", ...span(line.comment) });
  return marks.sort((a, b) => a.start - b.start);
}

// The mark under the cursor; of two that touch there, the one that begins.
export function markAt(marks: readonly Mark[], column: number): Mark | undefined {
  return marks.find((mark) => mark.start <= column && column < mark.end) ?? marks.find((mark) => mark.end === column);
}

class Cutter {
  private readonly marks: Mark[];
  private readonly text: string;
  private readonly program: Program;

  constructor(marks: Mark[], text: string, program: Program) {
    this.marks = marks;
    this.text = text;
    this.program = program;
  }

  line({ node }: LineTree): void {
    switch (node.kind) {
      case "blank":
      case "broken":
        return;
      case "version":
        this.keyword("mmtrace", node.start);
        if (node.version) this.marks.push({ kind: "number", ...span(node.version) });
        return;
      case "kernel":
        this.keyword("kernel", node.start);
        for (const model of node.models) this.marks.push({ kind: "model", name: model.text, ...span(model) });
        return;
      case "machine":
        this.keyword("machine", node.start);
        for (const { key, value } of node.settings) {
          this.marks.push({ kind: "setting", key: key.text, ...span(key) });
          if (value) this.marks.push({ kind: "setting value", key: key.text, text: value.text, ...span(value) });
        }
        return;
      case "process":
        this.keyword("process", node.start);
        if (node.name) this.symbol(node.name, true);
        return;
      case "repeat":
        this.keyword("repeat", node.start);
        this.expression(node.count);
        if (node.name) {
          const as = this.text.lastIndexOf("as", node.name.start);
          if (as > node.start) this.keyword("as", as);
          this.symbol(node.name, true);
        }
        return;
      case "end":
        this.keyword("end", node.start);
        return;
      case "reserved":
        this.keyword(node.word.text, node.word.start);
        return;
      case "expect":
        this.keyword("expect", node.start);
        if (node.when) this.marks.push({ kind: "when", text: node.when.text, ...span(node.when) });
        this.expression(node.condition);
        return;
      case "operation":
        this.operation(node);
        return;
    }
  }

  private operation(node: OperationNode): void {
    const op = OPS.get(node.name.text);
    if (node.process) this.symbol(node.process, false);
    if (node.target) this.symbol(node.target, true);
    if (node.name.end > node.name.start) {
      this.marks.push({ kind: "operation", name: node.name.text, op, ...span(node.name) });
    }
    for (const [position, arg] of node.args.entries()) this.argument(arg, position, op);
    for (const outcome of node.outcomes) this.marks.push({ kind: "outcome", word: outcome.text, ...span(outcome) });
  }

  private argument({ key, value }: ArgNode, position: number, op: OpSpec | undefined): void {
    const param = key ? op?.params.find(({ name }) => name === key.text) : op?.params[position];
    if (key && op) this.marks.push({ kind: "parameter", name: key.text, op, param, ...span(key) });
    if (param?.of.kind === "flags" || param?.of.kind === "word") {
      const specs = param.of.words;
      this.words(value, param.name, (text) => findWord(specs, text));
    } else if (param?.of.kind === "prot") {
      this.words(value, param.name, () => undefined);
    } else {
      this.expression(value);
    }
  }

  // Names joined by `|` that are words of a table, never names of the trace.
  private words(node: ExprNode, of: string, specOf: (text: string) => WordSpec | undefined): void {
    if (node.kind === "name") {
      this.marks.push({ kind: "word", text: node.text, spec: specOf(node.text), of, ...span(node) });
    } else if (node.kind === "binary") {
      this.words(node.left, of, specOf);
      this.words(node.right, of, specOf);
    } else if (node.kind === "group") {
      this.words(node.inner, of, specOf);
    } else {
      this.expression(node);
    }
  }

  private expression(node: ExprNode): void {
    switch (node.kind) {
      case "missing":
        return;
      case "number":
      case "string":
        this.marks.push({ kind: node.kind, ...span(node) });
        return;
      case "name":
        if (this.program.symbol(node.text) || !CONSTANTS.includes(node.text)) this.symbol(node, false);
        else this.marks.push({ kind: "constant", name: node.text, ...span(node) });
        return;
      case "unary":
        this.expression(node.operand);
        return;
      case "binary":
        this.comparand(node.left, node.right);
        this.comparand(node.right, node.left);
        return;
      case "field":
        this.expression(node.object);
        this.field(node.name, ownerOf(node.object, this.program));
        return;
      case "index":
        this.expression(node.object);
        this.expression(node.index);
        return;
      case "group":
        this.expression(node.inner);
        return;
      case "call":
        this.call(node);
        return;
    }
  }

  private call(node: ExprNode & { kind: "call" }): void {
    const { callee, args } = node;
    if (callee.kind === "name") this.marks.push({ kind: "function", name: callee.text, ...span(callee) });
    else if (callee.kind === "field") {
      this.expression(callee.object);
      this.marks.push({ kind: "function", name: "page", ...span(callee.name) });
    } else this.expression(callee);
    const overPages = callee.kind === "name" && (callee.text === "sum" || callee.text === "count");
    for (const [i, arg] of args.entries()) {
      // The field is page()'s, or pte()'s where page() has none of that name.
      if (overPages && i === 2 && arg.kind === "name") this.field(arg, fieldOf("page", arg.text) ? "page" : "pte");
      else this.expression(arg);
    }
  }

  private field(name: NameNode | (ExprNode & { kind: "name" }), owner: FieldSpec["of"] | undefined): void {
    if (name.end === name.start) return;
    const spec = owner ? fieldOf(owner, name.text) : FIELDS.find((candidate) => candidate.name === name.text);
    this.marks.push({ kind: "field", name: name.text, spec: spec ?? undefined, ...span(name) });
  }

  // Opposite a field with named values a bare word is such a value: `pte(p).level == pmd`.
  private comparand(node: ExprNode, opposite: ExprNode): void {
    const named = namedField(opposite, this.program);
    if (named) this.words(node, named.name, () => undefined);
    else this.expression(node);
  }

  private symbol(name: Span & { readonly text: string }, declares: boolean): void {
    if (name.end > name.start) this.marks.push({ kind: "symbol", name: name.text, declares, ...span(name) });
  }

  private keyword(word: string, start: number): void {
    this.marks.push({ kind: "keyword", word, start, end: start + word.length });
  }
}

function namedField(node: ExprNode, program: Program): FieldSpec | undefined {
  if (node.kind === "group") return namedField(node.inner, program);
  if (node.kind !== "field") return undefined;
  const owner = ownerOf(node.object, program);
  const spec = owner && fieldOf(owner, node.name.text);
  return spec && (spec.type === "word" || spec.type === "words") ? spec : undefined;
}

function span({ start, end }: Span): Span {
  return { start, end };
}
