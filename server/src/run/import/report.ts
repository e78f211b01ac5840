// What became of the log? The counts, by kind, that the header of the trace and the command line show.

export interface ImportReport {
  /** Lines of the log that were read. */
  readonly lines: number;
  /** Lines that were strace's (or perf's, with faults); 0 means that the input is no log. */
  readonly logLines: number;
  /** Operations written, by name. */
  readonly operations: Counts;
  /** Successful memory and process calls, and how many of them became operations. */
  readonly succeeded: number;
  readonly asOperations: number;
  /** Of the successful calls, those that this version does not simulate at all. */
  readonly notSimulated: number;
  /** Successful calls that became a comment: reason and call → how often. */
  readonly comments: Counts;
  /** Calls without an effect on address spaces, left out: name → how often. */
  readonly withoutEffect: Counts;
  /** Failures kept with `-> ERRNO`, and failures that became a comment, by errno and reason. */
  readonly failuresKept: Counts;
  readonly failuresAsComments: Counts;
  /** Mappings, sizes and processes that the log does not show and a later line needs, by kind. */
  readonly supplied: Counts;
  /** Accesses by where they come from: a signal, --touch, a page fault of --faults, a range that could be collapsed. */
  readonly accesses: Counts;
  /** Everything else that was left out, by kind. */
  readonly dropped: Counts;
  /** The first lines that are no lines of strace, and how many there are in all. */
  readonly unreadable: readonly { readonly file: string; readonly line: number; readonly text: string }[];
  readonly unreadableCount: number;
  readonly processes: number;
  readonly threads: number;
}

export type Counts = ReadonlyMap<string, number>;

/** How many unreadable lines are reported with their text. */
const SHOWN = 20;

/** The report while it is being made. */
export class Tally {
  lines = 0;
  logLines = 0;
  succeeded = 0;
  asOperations = 0;
  notSimulated = 0;
  unreadableCount = 0;
  processes = 0;
  threads = 0;
  readonly operations = new Map<string, number>();
  readonly comments = new Map<string, number>();
  readonly withoutEffect = new Map<string, number>();
  readonly failuresKept = new Map<string, number>();
  readonly failuresAsComments = new Map<string, number>();
  readonly supplied = new Map<string, number>();
  readonly accesses = new Map<string, number>();
  readonly dropped = new Map<string, number>();
  readonly unreadable: { file: string; line: number; text: string }[] = [];

  add(counts: Map<string, number>, kind: string): void {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }

  drop(kind: string): void {
    this.add(this.dropped, kind);
  }

  noLine(file: string, line: number, text: string): void {
    this.unreadableCount++;
    if (this.unreadable.length < SHOWN) this.unreadable.push({ file, line, text: printable(text.slice(0, 60)) });
  }

  finish(): ImportReport {
    return this;
  }
}

/** The sum of all counts. */
export function total(counts: Counts): number {
  let sum = 0;
  for (const n of counts.values()) sum += n;
  return sum;
}

/** `mmap 8, mprotect 3`, the most frequent first. */
export function listed(counts: Counts): string {
  return [...counts]
    .sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([kind, n]) => `${kind} ${n}`)
    .join(", ");
}

/** The text without control characters, so that it may stand in a comment and on a terminal. */
export function printable(text: string): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/g, "·");
}

const counted = (n: number, word: string, plural: string): string => `${n} ${word}${n === 1 ? "" : plural}`;

/** `99.2 %`, rounded down, so that 100 % means all. */
function share(part: number, whole: number): string {
  return `${whole === 0 ? 100 : Math.floor((1000 * part) / whole) / 10} %`;
}

/** The report as lines of text, for the command line and the header. */
export function reportLines(report: ImportReport): string[] {
  const covered = share(report.asOperations, report.succeeded);
  const simulated = report.succeeded - report.notSimulated;
  const ofSimulated =
    report.notSimulated === 0
      ? ""
      : `; ${share(report.asOperations, simulated)} of the ${simulated} that this version simulates`;
  const lines = [
    `${counted(report.lines, "line", "s")}, ${counted(report.processes, "process", "es")}, ${counted(report.threads, "further thread", "s")}`,
    `memory and process calls that succeeded: ${report.succeeded}, as operations: ${report.asOperations} (${covered}${ofSimulated})`,
  ];
  const rows: [string, Counts][] = [
    ["operations", report.operations],
    ["failures kept with their errno", report.failuresKept],
    ["failures the language cannot express, as comments", report.failuresAsComments],
    ["calls left as comments", report.comments],
    ["not in the log but needed, supplied", report.supplied],
    ["accesses", report.accesses],
    ["calls without an effect on memory, left out", report.withoutEffect],
    ["left out", report.dropped],
  ];
  for (const [title, counts] of rows) if (counts.size > 0) lines.push(`${title}: ${listed(counts)}`);
  if (report.unreadableCount > 0) {
    const where = report.unreadable.slice(0, 8).map((line) => line.line);
    const more = report.unreadableCount > where.length ? ", …" : "";
    lines.push(`lines that are no lines of strace: ${report.unreadableCount} (${where.join(", ")}${more})`);
  }
  return lines;
}
