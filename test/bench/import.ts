// The importer's speed: a log of 100,000 lines.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { straceImport } from "../../server/src/run/import/strace.ts";
import type { Row } from "./table.ts";

const LINES = 100_000;

// The largest log of the test data, repeated or cut to 100,000 lines.
export async function importing(): Promise<Row[]> {
  const packed = readFileSync(new URL("../data/strace/make.strace.gz", import.meta.url));
  const lines = gunzipSync(packed).toString("utf8").split("\n").slice(0, LINES);
  const began = performance.now();
  const into = straceImport({ files: ["make.strace"] });
  for (const line of lines) into.line(line);
  into.end();
  const taken = (performance.now() - began) / 1000;
  return [{ name: "strace import, 100,000 lines", value: (taken * LINES) / lines.length, unit: "s", aim: "≤ 2" }];
}
