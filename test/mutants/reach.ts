// Which runs come by the place that a mutant changes: the others cannot notice it, and need not be tried.
//
// The engine is built once with a probe at the beginning of every block of its code. Biome has formatted that, so a block begins
// with a line that ends with its brace, and ends with the next line that is not further in.

import type { CodeChange } from "./mutant.ts";

// Lines [first, last) of a file of server/src/mm.
export interface Block {
  readonly file: string;
  readonly first: number;
  readonly last: number;
}

// Functions, branches and loops; neither objects nor types, nor a switch, whose block takes no statement.
const OPENS = /(=>|\belse|\)|\): [^{}=]+) \{$/;
const NO_STATEMENTS = /^\s*(switch \(|(export )?(interface|class|type) )/;

function indent(line: string): number {
  return line.length - line.trimStart().length;
}

// The source with its probes, one assignment each; the blocks come to the list, whose places are the probes' numbers.
export function instrumented(file: string, source: string, blocks: Block[]): string {
  const lines = source.split("\n");
  const probed = lines.map((line, first) => {
    if (!OPENS.test(line) || NO_STATEMENTS.test(line)) return line;
    let last = first + 1;
    while (last < lines.length && (lines[last] === "" || indent(lines[last]) > indent(line))) last++;
    blocks.push({ file, first, last });
    return `${line} globalThis.mutant_probes[${blocks.length - 1}] = 1;`;
  });
  return probed.join("\n");
}

// The innermost block around the first character that the mutant changes; -1 outside of all: any run may come by.
export function blockOf(blocks: readonly Block[], { file, text, becomes }: CodeChange, source: string): number {
  let same = 0;
  while (same < text.length - 1 && text[same] === becomes[same]) same++;
  const line = source.slice(0, source.indexOf(text) + same).split("\n").length - 1;
  let found = -1;
  for (const [i, block] of blocks.entries()) {
    if (block.file !== file || block.first >= line || block.last < line) continue;
    if (found < 0 || block.first >= blocks[found].first) found = i;
  }
  return found;
}
