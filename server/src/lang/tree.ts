// The tree of one line: what stands there, before anybody knows which operations or names exist.
//
// All positions are columns of the line. A part that is missing has its place all the same, so that an editor can tell
// where the person is typing.

import type { LineProblem } from "./problem.ts";
import type { Span } from "./text.ts";

export interface NameNode extends Span {
  readonly text: string;
}

export type ExprNode =
  | (Span & { readonly kind: "number"; readonly value: bigint })
  | (Span & { readonly kind: "string"; readonly value: string })
  | (Span & { readonly kind: "name"; readonly text: string })
  | (Span & { readonly kind: "unary"; readonly operator: "!" | "-"; readonly operand: ExprNode })
  | (Span & {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: ExprNode;
      readonly right: ExprNode;
    })
  | (Span & { readonly kind: "field"; readonly object: ExprNode; readonly name: NameNode })
  | (Span & { readonly kind: "index"; readonly object: ExprNode; readonly index: ExprNode })
  | (Span & {
      readonly kind: "call";
      readonly callee: ExprNode;
      readonly args: readonly ExprNode[];
      readonly open: number;
      readonly close: number;
    })
  | (Span & { readonly kind: "group"; readonly inner: ExprNode })
  // Something belongs here and is not there, or cannot be read.
  | (Span & { readonly kind: "missing" });

export type BinaryOperator =
  | "||"
  | "&&"
  | "=="
  | "!="
  | "<"
  | "<="
  | ">"
  | ">="
  | "|"
  | "&"
  | "+"
  | "-"
  | "*"
  | "/"
  | "%";

export interface ArgNode extends Span {
  readonly key: NameNode | undefined;
  readonly value: ExprNode;
}

export interface OperationNode extends Span {
  readonly kind: "operation";
  readonly process: NameNode | undefined;
  readonly target: NameNode | undefined;
  readonly name: NameNode;
  // Columns of the brackets; -1 when missing.
  readonly open: number;
  readonly close: number;
  readonly args: readonly ArgNode[];
  // Column of `->`; -1 without.
  readonly arrow: number;
  readonly outcomes: readonly NameNode[];
}

export type LineNode =
  | (Span & { readonly kind: "blank" })
  | (Span & { readonly kind: "version"; readonly version: NameNode | undefined })
  | (Span & { readonly kind: "kernel"; readonly models: readonly NameNode[] })
  | (Span & { readonly kind: "machine"; readonly settings: readonly SettingNode[] })
  | (Span & { readonly kind: "process"; readonly name: NameNode | undefined })
  | (Span & { readonly kind: "repeat"; readonly count: ExprNode; readonly name: NameNode | undefined })
  | (Span & { readonly kind: "end" })
  | (Span & { readonly kind: "expect"; readonly when: NameNode | undefined; readonly condition: ExprNode })
  | (Span & { readonly kind: "reserved"; readonly word: NameNode })
  | OperationNode
  // Nothing that begins like a statement.
  | (Span & { readonly kind: "broken" });

export interface SettingNode extends Span {
  readonly key: NameNode;
  readonly value: NameNode | undefined;
}

// A line's comment: from its `#` to the end.
export interface LineTree {
  readonly node: LineNode;
  readonly comment: Span | undefined;
  readonly problems: readonly LineProblem[];
}
