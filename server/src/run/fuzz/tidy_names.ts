// Names without gaps: of what is left after shrinking, `p7` and `child3` are `p` and `child`, and nobody stands for main.

import { analyse } from "../../lang/document.ts";
import { MAIN } from "../../lang/program.ts";

// The same lines with names that are numbered from 1 on in the order of their making, or bare where there is one alone.
export function tidyNames(body: readonly string[]): string[] {
  const { program } = analyse(body.join("\n"));
  const bound = program.symbols.filter(({ id, statement }) => id !== MAIN && statement >= 0);
  const stems = bound
    .toSorted((a, b) => a.statement - b.statement)
    .map(({ id, name }) => ({ id, name, stem: /^\D*/.exec(name)?.[0] ?? name }));
  const numbers = new Map<string, number>();
  const edits: { line: number; start: number; end: number; name: string }[] = [];
  for (const { id, stem } of stems) {
    const number = (numbers.get(stem) ?? 0) + 1;
    numbers.set(stem, number);
    const alone = stems.filter((other) => other.stem === stem).length === 1;
    for (const { line, start, end } of program.references(id)) {
      edits.push({ line, start, end, name: alone ? stem : `${stem}${number}` });
    }
  }
  const lines = [...body];
  for (const { line, start, end, name } of edits.sort((a, b) => b.start - a.start)) {
    lines[line] = lines[line].slice(0, start) + name + lines[line].slice(end);
  }
  return lines.map((line) => line.replace(/^main: /, ""));
}
