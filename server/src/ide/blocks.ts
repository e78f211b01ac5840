// Which lines belong together: repeats, sections between `# ──` comments, and runs of comment lines.

import type { Analysis } from "./analysis.ts";

export interface Block {
  readonly kind: "repeat" | "section" | "comment";
  // Both lines are within.
  readonly from: number;
  readonly to: number;
  readonly title: string;
}

// In the order in which they begin. A repeat without its `end` makes no block; a section ends before the next one.
export function blocksOf(analysis: Analysis): Block[] {
  const { document } = analysis;
  const blocks: Block[] = [];
  const repeats: number[] = [];
  let section: { from: number; title: string } | undefined;
  let comment = -1;
  const endComment = (line: number) => {
    if (comment >= 0 && line - comment > 1) blocks.push({ kind: "comment", from: comment, to: line - 1, title: "" });
    comment = -1;
  };
  const endSection = (line: number) => {
    if (section) blocks.push({ kind: "section", ...section, to: lastWritten(analysis, section.from, line - 1) });
    section = undefined;
  };
  for (let line = 0; line < document.lineCount; line++) {
    const text = document.line(line).trim();
    const title = sectionTitle(text);
    if (!text.startsWith("#") || title !== undefined) endComment(line);
    if (title !== undefined) {
      endSection(line);
      section = { from: line, title };
    } else if (text.startsWith("#")) {
      if (comment < 0) comment = line;
    } else if (/^repeat\b/.test(text)) {
      repeats.push(line);
    } else if (/^end\b/.test(text)) {
      const from = repeats.pop();
      if (from !== undefined)
        blocks.push({ kind: "repeat", from, to: line, title: withoutComment(document.line(from)) });
    }
  }
  endComment(document.lineCount);
  endSection(document.lineCount);
  return blocks.sort((a, b) => a.from - b.from || b.to - a.to);
}

// `# ── Fork and copy ──────` is a section called "Fork and copy"; `# -- …` is one too.
function sectionTitle(text: string): string | undefined {
  const found = /^#\s*(?:──+|--+|==+)\s*(.*?)\s*(?:──+|--+|==+)?$/u.exec(text);
  return found ? found[1] || "…" : undefined;
}

function lastWritten(analysis: Analysis, from: number, to: number): number {
  let line = to;
  while (line > from && analysis.document.line(line).trim() === "") line--;
  return line;
}

function withoutComment(text: string): string {
  return text.replace(/#.*$/, "").trim();
}
