// The traces that tests of the language read: samples, measured traces, and some that use what is not simulated yet.

import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// Name and text of each.
export function samples(): [string, string][] {
  return ["samples", "test/conformance", "test/data/lang"].flatMap(traces);
}

// Name and text of each trace that stands in the folder.
export function traces(folder: string): [string, string][] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(".mmtrace"))
    .map((name) => [name, readFileSync(join(root, folder, name), "utf8")]);
}
