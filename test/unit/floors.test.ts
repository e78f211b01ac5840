import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), "../..");

// Lower floors first; folders of one floor do not import each other.
const FLOORS = [
  ["server/src/mm"],
  ["server/src/lang"],
  ["server/src/run"],
  ["server/src/ide"],
  ["server/src/lsp", "server/src/dap", "server/src/cli"],
  ["extension/src"],
];

// The command line starts the two servers, and the servers' entries are all that it may take from their folders; its
// version is the package's.
const ENTRIES = ["server/src/lsp/stdio.ts", "server/src/dap/stdio.ts", "server/src/dap/server.ts", "package.json"];

function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join(folder, name).split(sep).join("/"));
}

function importsOf(file: string): string[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const lines = /^(?:import|export)\b[^"]*?\bfrom "([^"\n]+)";$|^import "([^"\n]+)";$|\bimport\("([^"\n]+)"\)/gm;
  return [...text.matchAll(lines)].map((match) => match[1] ?? match[2] ?? match[3]);
}

function folderOf(path: string): string | undefined {
  return FLOORS.flat().find((folder) => path.startsWith(`${folder}/`));
}

function floorOf(folder: string): number {
  return FLOORS.findIndex((folders) => folders.includes(folder));
}

test("a file imports only from its own folder or from a lower floor", () => {
  const wrong: string[] = [];
  for (const folder of FLOORS.flat()) {
    for (const file of filesBelow(folder)) {
      for (const specifier of importsOf(file).filter((name) => name.startsWith("."))) {
        const target = relative(ROOT, resolve(ROOT, dirname(file), specifier))
          .split(sep)
          .join("/");
        const other = folderOf(target);
        const entry = folder === "server/src/cli" && ENTRIES.includes(target);
        if (other === folder || entry || (other !== undefined && floorOf(other) < floorOf(folder))) continue;
        wrong.push(`${file} imports ${specifier}`);
      }
    }
  }
  assert.deepEqual(wrong, []);
});

test("floors 0 to 3 import nothing but each other: they run in a browser unchanged", () => {
  const wrong = FLOORS.slice(0, 4)
    .flat()
    .flatMap(filesBelow)
    .flatMap((file) => importsOf(file).map((name) => ({ file, name })))
    .filter(({ name }) => !name.startsWith("."));
  assert.deepEqual(wrong, []);
});

test("the vscode module is imported by the extension alone", () => {
  const wrong = FLOORS.slice(0, 5)
    .flat()
    .flatMap(filesBelow)
    .filter((file) => importsOf(file).includes("vscode"));
  assert.deepEqual(wrong, []);
});
