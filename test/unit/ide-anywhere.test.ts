// Every question at any place of any text that the samples can be typed into: an answer or none, never a mistake of ours.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Analysis } from "../../server/src/ide/analysis.ts";
import { codeActions, fixAll } from "../../server/src/ide/code_actions.ts";
import { codeLenses } from "../../server/src/ide/code_lens.ts";
import { completion } from "../../server/src/ide/completion.ts";
import { definition } from "../../server/src/ide/definition.ts";
import { diagnostics } from "../../server/src/ide/diagnostics.ts";
import { links } from "../../server/src/ide/document_link.ts";
import { folds } from "../../server/src/ide/folding.ts";
import { formatting } from "../../server/src/ide/formatting.ts";
import { highlights } from "../../server/src/ide/highlight.ts";
import { hover } from "../../server/src/ide/hover.ts";
import { inlayHints } from "../../server/src/ide/inlay_hints.ts";
import { linkedRanges } from "../../server/src/ide/linked_editing.ts";
import type { Position } from "../../server/src/ide/position.ts";
import { references } from "../../server/src/ide/references.ts";
import { rename } from "../../server/src/ide/rename.ts";
import { selectionRanges } from "../../server/src/ide/selection_range.ts";
import { semanticTokens } from "../../server/src/ide/semantic_tokens.ts";
import { signatureHelp } from "../../server/src/ide/signature_help.ts";
import { outline } from "../../server/src/ide/symbols.ts";
import { open } from "../support/ide.ts";
import { traces } from "../support/samples.ts";

const samples = traces("samples")
  .map(([name, text]) => ({ name, text }))
  .filter(({ text }) => text.length < 20_000);

function askAll(analysis: Analysis, at: Position): void {
  const { lineCount } = analysis.document;
  for (const found of [...diagnostics(analysis), ...formatting(analysis)]) within(analysis, found.range);
  for (const token of semanticTokens(analysis, 0, lineCount)) {
    within(analysis, { line: token.line, start: token.start, end: token.start + token.length });
  }
  for (const { at: place } of inlayHints(analysis, 0, lineCount)) {
    within(analysis, { line: place.line, start: place.column, end: place.column });
  }
  for (const action of codeActions(analysis, at.line, at.line))
    for (const { range } of action.edits) within(analysis, range);
  for (const range of references(analysis, at, true)) within(analysis, range);
  const hovered = hover(analysis, at);
  if (hovered) within(analysis, hovered.range);
  within(analysis, completion(analysis, at).place);
  for (const found of [fixAll, codeLenses, folds, links, outline]) found(analysis);
  for (const found of [definition, highlights, linkedRanges, selectionRanges, signatureHelp]) found(analysis, at);
  rename(analysis, at, "renamed");
}

function within({ document }: Analysis, { line, start, end }: { line: number; start: number; end: number }): void {
  assert.ok(line >= 0 && line < document.lineCount, `line ${line}`);
  assert.ok(start >= 0 && start <= end && end <= document.line(line).length, `${line}:${start}-${end}`);
}

test("there are samples to try", () => {
  assert.ok(samples.length >= 10);
});

test("samples have no diagnostics", () => {
  for (const { name, text } of samples) assert.deepEqual(diagnostics(open(text).analysis), [], name);
});

const TYPED = [
  "",
  " ",
  "(",
  ")",
  ",",
  ".",
  "=",
  "->",
  "@",
  "|",
  '"',
  "#",
  "p",
  "child: ",
  "expect ",
  "repeat 2\n",
  "end\n",
  "\n",
  "9",
];

test("typing anything anywhere into a sample leaves every question answerable", () => {
  const edit = fc.record({
    at: fc.nat(),
    remove: fc.oneof(fc.constant(0), fc.nat({ max: 6 }), fc.nat({ max: 200 })),
    typed: fc.constantFrom(...TYPED),
  });
  fc.assert(
    fc.property(fc.constantFrom(...samples), fc.array(edit, { minLength: 1, maxLength: 4 }), ({ text }, edits) => {
      const { analysis } = open(text);
      for (const { at, remove, typed } of edits) {
        const from = placeOf(analysis, at % (analysis.document.text.length + 1));
        const to = placeOf(
          analysis,
          Math.min(analysis.document.text.length, (at % (analysis.document.text.length + 1)) + remove),
        );
        analysis.edit([{ from, to, text: typed }]);
        analysis.finish();
        askAll(
          analysis,
          placeOf(analysis, Math.min(analysis.document.text.length, at % (analysis.document.text.length + 1))),
        );
      }
    }),
    { numRuns: 60 },
  );
});

test("every place of one sample is answerable", () => {
  const { analysis } = open(samples[4].text);
  for (let line = 0; line < analysis.document.lineCount; line++) {
    for (let column = 0; column <= analysis.document.line(line).length; column++) {
      hover(analysis, { line, column });
      completion(analysis, { line, column });
      signatureHelp(analysis, { line, column });
    }
  }
});

function placeOf({ document }: Analysis, offset: number): Position {
  const before = document.text.slice(0, offset).split("\n");
  return { line: before.length - 1, column: before[before.length - 1].length };
}
