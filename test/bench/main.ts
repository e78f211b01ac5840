// `npm run bench`: how fast the engine and the servers are, beside the machine's own kernel. A table, and JSON with
// `--json FILE` (or `-` for standard output instead of the table). `npm run bench -- base-pages dap` makes these parts of it.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { basePages } from "./base_pages.ts";
import { dap } from "./dap.ts";
import { engine } from "./engine.ts";
import { hazardSearch } from "./hazards.ts";
import { importing } from "./import.ts";
import { language } from "./language.ts";
import { largeFolios } from "./large_folios.ts";
import { lsp } from "./lsp.ts";
import { native } from "./native.ts";
import { swapping } from "./swap.ts";
import { type Row, table } from "./table.ts";

const program = fileURLToPath(new URL("../../dist/mmtrace.js", import.meta.url));
const rows: Row[] = [];

// The table's parts, by the names that choose them.
const PARTS: Readonly<Record<string, () => Row[] | Promise<Row[]>>> = {
  engine: engineRows,
  swap: () => [{ name: "100,000 pages to swap and back", value: swapping(), unit: "ms", aim: "≤ 1,000" }],
  "base-pages": basePages,
  "large-folios": largeFolios,
  hazards: hazardSearch,
  language,
  import: importing,
  dap: dapRows,
  lsp: lspRows,
};

const { values, positionals } = parseArgs({ options: { json: { type: "string" } }, allowPositionals: true });
const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) {
  process.stderr.write(`${unknown} is no part of the table; its parts are ${Object.keys(PARTS).join(", ")}\n`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "mmtrace-bench-"));
try {
  for (const [name, part] of Object.entries(PARTS)) {
    if (positionals.length === 0 || positionals.includes(name)) rows.push(...(await part()));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

const json = JSON.stringify({ cpu: cpus()[0]?.model, node: process.version, rows }, undefined, 2);
if (values.json === "-") process.stdout.write(`${json}\n`);
else {
  process.stdout.write(table(rows));
  if (values.json !== undefined) writeFileSync(values.json, `${json}\n`);
}

function engineRows(): Row[] {
  const machine = native();
  const kernel = typeof machine === "string" ? undefined : machine;
  if (typeof machine === "string") process.stderr.write(`no yardstick: ${machine}\n`);
  const own = engine();
  return [
    {
      name: "anonymous write faults, journal on",
      value: own.anon,
      unit: "faults/s",
      peer: kernel?.anon,
      aim: "≥ 1× native, at least 0.5×",
    },
    {
      name: "COW faults, journal on",
      value: own.cow,
      unit: "faults/s",
      peer: kernel?.cow,
      aim: "≥ 1× native, at least 0.5×",
    },
    { name: "hits", value: own.hits, unit: "accesses/s", aim: "≥ 3,000,000" },
    { name: "fork", value: own.forkNs, unit: "ns/PTE", peer: kernel?.forkNs, aim: "≤ 5× native" },
    { name: "journal", value: own.bytesPerEvent, unit: "bytes/event", aim: "≤ 32" },
    { name: "events of an anonymous fault", value: own.eventsPerFault, unit: "events" },
    { name: "seek over 1,000,000 events", value: own.seekMs, unit: "ms", aim: "≤ 50" },
  ];
}

async function dapRows(): Promise<Row[]> {
  if (!built()) return [];
  const debug = await dap([process.execPath, program], folder);
  return [
    { name: "DAP: spawn to first stop", value: debug.firstStopMs, unit: "ms", peer: debug.nodeStartMs, aim: "≤ 150" },
    { name: "DAP: step, 100,000 operations, p50", value: debug.stepP50Ms, unit: "ms", peer: debug.echoP50Ms },
    {
      name: "DAP: step, 100,000 operations, p99",
      value: debug.stepP99Ms,
      unit: "ms",
      peer: debug.echoP99Ms,
      aim: "≤ 2",
    },
    { name: "DAP: step back, p50", value: debug.stepBackP50Ms, unit: "ms", peer: debug.echoP50Ms },
    { name: "DAP: step back, p99", value: debug.stepBackP99Ms, unit: "ms", peer: debug.echoP99Ms, aim: "≤ 2" },
  ];
}

async function lspRows(): Promise<Row[]> {
  if (!built()) return [];
  const server = await lsp([process.execPath, program]);
  const name = "LSP: keystroke to diagnostics, 10,000 lines";
  return [
    { name: `${name}, p50`, value: server.p50Ms, unit: "ms", peer: server.echoP50Ms },
    { name: `${name}, p95`, value: server.p95Ms, unit: "ms", peer: server.echoP95Ms, aim: "≤ 2" },
  ];
}

function built(): boolean {
  const there = existsSync(program);
  if (!there) process.stderr.write("the servers are not measured: npm run build makes dist/mmtrace.js\n");
  return there;
}
