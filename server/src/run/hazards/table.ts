// The table of models and hazards, for a terminal and as a page.

import { HAZARDS } from "./hazard.ts";
import { type Cell, cellsOf, type JobResult, sceneOf, type Witness } from "./results.ts";

// `safe`, the length of a shortest sequence, that the question does not arise, or that it was not asked.
export function cellText({ breach, possible, searched }: Cell): string {
  if (breach !== undefined) return String(breach.length);
  if (!searched) return "?";
  return possible ? "safe" : "—";
}

export function tableLines(results: readonly JobResult[]): string[] {
  const rows = cellsOf(results);
  const head = ["model", ...HAZARDS.map(({ name }) => name)];
  const body = rows.map((row) => [row[0].model, ...row.map(cellText)]);
  const widths = head.map((_, i) => Math.max(...[head, ...body].map((row) => row[i].length)));
  return [head, ...body].map((row) =>
    row
      .map((text, i) => (i === 0 ? text.padEnd(widths[i]) : text.padStart(widths[i])))
      .join("  ")
      .trimEnd(),
  );
}

// How far each scene was searched, under the model that got the least far.
export function reachLines(results: readonly JobResult[]): string[] {
  const scenes = [...new Set(results.map(({ scene }) => scene))];
  return scenes.map((scene) => {
    const of = results.filter((result) => result.scene === scene);
    const depths = [...new Set(of.map(({ depth }) => depth))].sort((a, b) => a - b);
    const states = of.reduce((sum, result) => sum + result.states, 0);
    const lengths = depths.length === 1 ? `${depths[0]}` : `${depths[0]} to ${depths[depths.length - 1]}`;
    return `${scene} (${sceneOf(scene).title}): all sequences of up to ${lengths} operations, ${english(states)} states`;
  });
}

// The page that stands beside the witnesses.
export function page(results: readonly JobResult[], witnesses: readonly Witness[]): string {
  const rows = cellsOf(results);
  const linked = (cell: Cell) => {
    const file = witnesses.find(({ hazard, models }) => hazard === cell.hazard && models.includes(cell.model))?.file;
    return file === undefined ? cellText(cell) : `[${cellText(cell)}](${file})`;
  };
  return [
    "<!-- Made by `mmtrace hazards --out server/hazards`. -->",
    "",
    "# Hazards",
    "",
    "What can go wrong with memory that is shared, referred to and moved, under each kernel. Every sequence of a small",
    "catalogue of operations was tried, up to a length: two processes, one page or one huge page, plain references (GET) and",
    "pins (PIN), fork, writes, swap, migration, unmapping. A number is the length of a shortest sequence that comes to the",
    "hazard, and leads to it as a trace, whose checks hold: `mmtrace run` it, or step through it in the debugger. `safe` is",
    "said of the sequences that were tried, and of no longer ones; — of pins where the kernel has none.",
    "",
    "The memory is ordinary anonymous memory: of the models of reference pages and of drivers' pages the table tells what their",
    "base release does with it, and nothing of what they add. In the scenes about counters no huge page is split.",
    "",
    `| model | ${HAZARDS.map(({ title }) => title).join(" | ")} |`,
    `|---|${HAZARDS.map(() => "--:|").join("")}`,
    ...rows.map((row) => `| ${row[0].model} | ${row.map(linked).join(" | ")} |`),
    "",
    "## What each means",
    "",
    ...HAZARDS.map(({ name, title, doc }) => `- **${title}** (\`${name}\`): ${doc}`),
    "",
    "## What was searched",
    "",
    ...reachLines(results).map((line) => `- ${line}`),
    "",
    "Before the sequence begins the memory is mapped, private and anonymous, and has been written to. After fork each process",
    "writes something of its own. There is at most one reference for writing and one for reading at a time; a device's write",
    "counts as an operation where it is what is lost. Two states are the same when they differ in nothing that a later",
    "operation asks for (`server/src/run/hazards/fingerprint.ts`); each is a state of the engine itself, which undoes what it",
    "did by its journal.",
    "",
  ].join("\n");
}

function english(number: number): string {
  return number.toLocaleString("en-US");
}
