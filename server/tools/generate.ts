// Writes the files that are derived from the tables of the language. `npx tsx server/tools/generate.ts`

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { grammar } from "./grammar.ts";
import { manual } from "./manual.ts";
import { modelTable } from "./models.ts";
import { ruleTable } from "./rules.ts";
import { sampleIndex } from "./samples.ts";
import { snippets } from "./snippets.ts";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

export interface Derived {
  readonly path: string;
  readonly text: string;
}

// Each derived file as it should be.
export function derived(): Derived[] {
  const grammarPath = "syntaxes/mmtrace.tmLanguage.json";
  return [
    { path: "server/OPERATIONS.md", text: manual() },
    { path: "samples/README.md", text: sampleIndex(root) },
    { path: "server/MODELS.md", text: modelTable() },
    { path: "server/RULES.md", text: ruleTable(root) },
    { path: "extension/snippets.json", text: snippets() },
    { path: grammarPath, text: grammar(readFileSync(join(root, grammarPath), "utf8")) },
  ];
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const { path, text } of derived()) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
    console.log(path);
  }
}
