// The traces that tests of the language read: samples, measured traces, and some that use what is not simulated yet.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// Name and text of each.
export function samples(): [string, string][] {
  return ["samples", "test/conformance", "test/data/lang"].flatMap(traces);
}

// Name (with the folders below `folder`) and text of each trace in the folder, ordered by name.
export function traces(folder: string): [string, string][] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mmtrace"))
    .map((name): [string, string] => [name.replaceAll("\\", "/"), readFileSync(join(root, folder, name), "utf8")])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}
