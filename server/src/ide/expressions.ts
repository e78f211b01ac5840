// The expressions of a line's tree, each before the ones within it.

import type { ExprNode, LineTree } from "../lang/tree.ts";

export function expressionsOf({ node }: LineTree): ExprNode[] {
  const found: ExprNode[] = [];
  for (const root of roots(node)) collect(root, found);
  return found;
}

function roots(node: LineTree["node"]): readonly ExprNode[] {
  switch (node.kind) {
    case "expect":
      return [node.condition];
    case "repeat":
      return [node.count];
    case "operation":
      return node.args.map(({ value }) => value);
    default:
      return [];
  }
}

function collect(node: ExprNode, into: ExprNode[]): void {
  into.push(node);
  for (const child of childrenOf(node)) collect(child, into);
}

function childrenOf(node: ExprNode): readonly ExprNode[] {
  switch (node.kind) {
    case "unary":
      return [node.operand];
    case "binary":
      return [node.left, node.right];
    case "field":
      return [node.object];
    case "index":
      return [node.object, node.index];
    case "call":
      return [node.callee, ...node.args];
    case "group":
      return [node.inner];
    default:
      return [];
  }
}
