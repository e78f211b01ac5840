// The parameters of the operation or function whose brackets the cursor is in.

import { FUNCTIONS } from "../lang/bind_expression.ts";
import { OPS } from "../lang/ops.ts";
import { T } from "../lang/token.ts";
import type { Analysis } from "./analysis.ts";
import { argumentContext, openBracket, type Token, tokensOf } from "./completion_context.ts";
import type { Position } from "./position.ts";

export interface Signature {
  readonly label: string;
  readonly doc: string;
  // Columns within the label.
  readonly parameters: readonly { readonly start: number; readonly end: number; readonly doc: string }[];
  // Index of the parameter at the cursor; undefined when there is none for it.
  readonly active: number | undefined;
}

export function signatureHelp(analysis: Analysis, { line, column }: Position): Signature | undefined {
  const tokens = tokensOf(analysis.document.line(line).slice(0, column));
  const open = openBracket(tokens);
  const name = tokens[open - 1]?.text;
  if (open < 0 || name === undefined) return undefined;
  const inside = tokens.slice(open + 1);
  const op = OPS.get(name);
  if (op) {
    const { param } = argumentContext(inside, op);
    const active = param ? op.params.indexOf(param) : undefined;
    const shown = op.params.map((one) => (one.default === undefined ? one.name : `${one.name}=${one.default}`));
    return {
      ...labelled(
        name,
        shown,
        op.params.map(({ doc }) => doc),
      ),
      doc: op.doc,
      active,
    };
  }
  const found = FUNCTIONS.find((candidate) => candidate.name === name);
  return found && functionSignature(found.synopsis, found.doc, inside, analysis);
}

// A process in front may be left out: `page([PROC,] addr)`.
function functionSignature(synopsis: string, doc: string, inside: readonly Token[], { program }: Analysis): Signature {
  const open = synopsis.indexOf("(");
  const shown = synopsis
    .slice(open + 1, -1)
    .replace("[PROC,] ", "[PROC], ")
    .split(", ");
  const withoutProcess = shown[0] === "[PROC]" && program.symbol(inside[0]?.text ?? "")?.kind !== "process";
  const position = separators(inside) + (withoutProcess ? 1 : 0);
  const active = position < shown.length ? position : undefined;
  return { ...labelled(synopsis.slice(0, open), shown, []), doc, active };
}

// Commas that are in no brackets of their own.
function separators(tokens: readonly Token[]): number {
  let depth = 0;
  let commas = 0;
  for (const { kind } of tokens) {
    if (kind === T.leftParen || kind === T.leftBracket) depth++;
    else if (kind === T.rightParen || kind === T.rightBracket) depth--;
    else if (kind === T.comma && depth === 0) commas++;
  }
  return commas;
}

function labelled(
  name: string,
  shown: readonly string[],
  docs: readonly string[],
): Pick<Signature, "label" | "parameters"> {
  let label = `${name}(`;
  const parameters = shown.map((text, i) => {
    if (i > 0) label += ", ";
    const start = label.length;
    label += text;
    return { start, end: label.length, doc: docs[i] ?? "" };
  });
  return { label: `${label})`, parameters };
}
