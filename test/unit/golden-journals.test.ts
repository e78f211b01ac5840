// The journals of the samples, event by event: the diff of such a file is the review of a change in semantics.
// UPDATE=1 rewrites them.

import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { analyse } from "../../server/src/lang/document.ts";
import { DEFAULT_MODEL } from "../../server/src/mm/models.ts";
import { journalLines } from "../../server/src/run/journal_text.ts";
import { run } from "../../server/src/run/run.ts";
import { statementText } from "../../server/src/run/statement_text.ts";
import { traces } from "../support/samples.ts";

const golden = new URL("../golden/", import.meta.url);
const update = process.env.UPDATE === "1";

// Journals longer than this are told apart by nobody; the imported traces are such.
const MOST_LINES = 3000;

function journal(text: string, model: string): string[] | undefined {
  const { program } = analyse(text);
  const recording = run(program, { model });
  const lines = text.split(/\r?\n/);
  const written = (index: number) => {
    const statement = program.statements[index];
    return statementText(statement, lines[statement.line]);
  };
  const journal: string[] = [];
  for (const line of journalLines(recording, written)) {
    journal.push(line);
    if (journal.length > MOST_LINES) return undefined;
  }
  return journal;
}

// Where the journals part by era: beside the sample's own release, one of each.
const ERAS: Readonly<Record<string, readonly string[]>> = {
  "10-large-folios/02-mprotect-inside.mmtrace": ["5.7", "5.10", "6.1", "6.12"],
  "10-large-folios/04-write-after-fork.mmtrace": ["5.7", "5.10", "5.18", "6.1", "6.12"],
  "10-large-folios/05-reuse-of-what-is-left.mmtrace": ["5.7", "5.10", "6.1", "6.12"],
  "10-large-folios/10-mprotect-inside-shared-memory.mmtrace": ["6.1", "6.12"],
  "10-large-folios/14-a-page-that-nobody-maps.mmtrace": ["5.10", "6.1", "6.12", "6.18"],
  "10-large-folios/15-to-swap-and-back.mmtrace": ["6.12"],
  "10-large-folios/16-khugepaged.mmtrace": ["5.7", "5.10", "6.1", "6.12"],
  "10-large-folios/21-hugetlb-cow.mmtrace": ["5.10", "6.1", "6.12"],
};

for (const [name, text] of traces("samples")) {
  const model = analyse(text).program.kernels[0]?.model ?? DEFAULT_MODEL;
  goldenJournal(name, text, model, ".journal");
  for (const era of ERAS[name] ?? []) goldenJournal(name, text, era, `@${era}.journal`);
}

function goldenJournal(name: string, text: string, model: string, suffix: string): void {
  test(`the journal of ${name} under ${model}`, () => {
    const lines = journal(text, model);
    if (lines === undefined) return;
    const file = new URL(name.replace(/\.mmtrace$/, suffix), golden);
    const now = `# ${name} under ${model}\n${lines.join("\n")}\n`;
    if (update) {
      mkdirSync(new URL(".", file), { recursive: true });
      writeFileSync(file, now);
    }
    assert.ok(existsSync(file), `${file.pathname} is missing; UPDATE=1 writes it`);
    assert.equal(now, readFileSync(file, "utf8"));
  });
}

test("there are at least ten samples with a golden journal", () => {
  assert.ok(readdirSync(golden, { recursive: true }).length >= 10);
});
