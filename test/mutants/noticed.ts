// Which trace notices which mutant: test/golden/mutants.json, by the mutant's rule: `NAME under MODEL`.

import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MUTANTS } from "./mutants.ts";

const path = fileURLToPath(new URL("../golden/mutants.json", import.meta.url));

export function readNoticed(): Map<string, string> {
  return new Map(Object.entries(JSON.parse(readFileSync(path, "utf8")) as Record<string, string>));
}

// In the order of the mutants; what was of mutants that are no more goes.
export function writeNoticed(noticed: ReadonlyMap<string, string>): void {
  const known = MUTANTS.flatMap(({ rule }) => {
    const run = noticed.get(rule);
    return run === undefined ? [] : [[rule, run] as const];
  });
  writeFileSync(path, `${JSON.stringify(Object.fromEntries(known), null, 2)}\n`);
}
