// What does the head of an imported trace tell its reader? Where it comes from, what it cannot know, and what was counted.

import type { Clock } from "./line.ts";
import { type ImportReport, printable, reportLines } from "./report.ts";
import type { ImportOptions } from "./strace.ts";
import type { Touch } from "./translation.ts";

/** What the lines of the log tell about how it was made. */
export interface HeaderFacts {
  clock: Clock;
  pids: boolean;
  names: boolean;
  brackets: string;
  command: string | undefined;
}

/** Memory of the simulated machine unless a trace needs more. */
const DEFAULT_MEMORY = 1024 ** 3;

/** The pool of huge pages unless a trace needs more: twice what its mappings ask for, as copies need pages, too. */
const DEFAULT_POOL = 16;
const LARGEST_POOL = 2 ** 20;

export function header(
  options: ImportOptions,
  touch: Touch,
  facts: HeaderFacts,
  report: ImportReport,
  present: number,
  hugePages: number,
): string {
  const lines = [
    `# Imported from ${printable(files(options.files))}${options.faults === undefined ? "" : ` and ${printable(options.faults)}`}.`,
    `# Taken with: ${guess(facts, options.files.length > 1)}${facts.command === undefined ? "" : `; program: ${facts.command}`}`,
    "#",
    ...knowledge(options, touch).map((line) => `# ${line}`),
    "#",
    ...reportLines(report).map((line) => `# ${line}`),
    "",
    "kernel 6.18",
  ];
  const memory = machineMemory(present);
  if (memory !== undefined) lines.push(`machine memory=${memory}`);
  if (2 * hugePages > DEFAULT_POOL) lines.push(`machine hugetlb_pages=${Math.min(2 * hugePages, LARGEST_POOL)}`);
  return `${lines.join("\n")}\n\n`;
}

function files(names: readonly string[]): string {
  return names.length <= 4 ? names.join(", ") : `${names.slice(0, 3).join(", ")} and ${names.length - 3} more`;
}

/** The options of strace that show in its lines. */
function guess(facts: HeaderFacts, several: boolean): string {
  const clock = { none: "", unix: " -ttt", day: " -t or -tt", relative: " -r" }[facts.clock];
  const follow = several ? " -ff" : facts.pids ? " -f" : "";
  const columns = facts.brackets === "" ? "" : ` -${[...new Set(facts.brackets)].join(" -")}`;
  return `strace${follow}${clock}${facts.names ? " -Y" : ""}${columns}`;
}

function knowledge(options: ImportOptions, touch: Touch): string[] {
  const lines: string[] = [];
  if (options.faults !== undefined) {
    lines.push(
      "A log of system calls does not tell which pages were touched; the reads and writes are the page faults of perf, at their",
      "time. Where perf does not tell a read from a write, the fault of a writable mapping is written as a write.",
    );
  } else lines.push(`A log of system calls does not tell which pages were touched: ${TOUCHED[touch]}`);
  lines.push(
    "What execve() itself maps (program, loader, stack) is not in a log; where a later line needs it, a plain mapping `seg`",
    "stands for it. Files are taken to be in the page cache, and as large as what is mapped of them unless the log tells.",
  );
  return lines;
}

const TOUCHED: Readonly<Record<Touch, string>> = {
  none: "none is (--touch none).",
  first: "each writable mapping's first page is written to (--touch first).",
  all: "every page of each writable mapping is written to, in one mapping at most 64M (--touch all).",
};

/** Twice what the trace makes present, in whole powers of two, when that is more than the default. */
function machineMemory(present: number): string | undefined {
  let memory = DEFAULT_MEMORY;
  while (memory < 2 * present && memory < 64 * DEFAULT_MEMORY) memory *= 2;
  return memory === DEFAULT_MEMORY ? undefined : `${memory / DEFAULT_MEMORY}G`;
}
