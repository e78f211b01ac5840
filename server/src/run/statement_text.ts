// A statement as written, without its comment, its indentation, and the blanks that align its `->`.

import type { Statement } from "../lang/program.ts";

// `line` is the text of the statement's line.
export function statementText(statement: Statement, line: string): string {
  const { start, end } = statement;
  if (statement.kind !== "operation" || statement.expected === undefined) return line.slice(start, end);
  const { expected } = statement;
  const head = line.slice(start, expected.start).replace(/\s*->\s*$/, "");
  return `${head} -> ${line.slice(expected.start, expected.end)}`;
}
