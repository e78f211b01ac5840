// What `mmtrace kernel compare --json --verbose` says of one trace on several real kernels, as data.

export interface Comparison {
  readonly kernels: readonly OnKernel[];
  readonly totals: Tally;
}

export interface Tally {
  readonly compared: number;
  readonly agreed: number;
  readonly disagreed: number;
  readonly notVisible: number;
}

export interface OnKernel {
  // `6.1`, or `host` for the machine's own.
  readonly release: string;
  // As `uname -r` says it; empty where it was not asked.
  readonly kernel: string;
  // Why there is nothing of this kernel: the trace cannot be run there, or its guest died.
  readonly missing: string | undefined;
  readonly lines: readonly OnLine[];
  // From which line on, counted from 1, nothing was compared, and why.
  readonly end: { readonly line: number; readonly reason: string } | undefined;
}

// One visit of a line; a line in a `repeat` has several.
export interface OnLine {
  // From 1.
  readonly line: number;
  readonly operation: string;
  // What it came to in a few words; undefined where it was not run.
  readonly simulated: string | undefined;
  readonly real: string | undefined;
  readonly agreements: readonly Agreement[];
  readonly disagreed: readonly Values[];
  readonly notVisible: readonly Values[];
  readonly notRun: string | undefined;
}

export interface Agreement {
  // `main 0x200000000000`, or `` for the operation itself.
  readonly subject: string;
  readonly name: string;
  readonly value: string;
}

export interface Values {
  readonly subject: string;
  readonly name: string;
  readonly simulated: string;
  readonly real: string;
  readonly reason: string | undefined;
}

// Undefined for a text that is no such document.
export function readComparison(json: string): Comparison | undefined {
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return undefined;
  }
  const { traces, totals } = record(document);
  if (!Array.isArray(traces)) return undefined;
  return { kernels: traces.map(onKernel), totals: tally(totals) };
}

function onKernel(given: unknown): OnKernel {
  const { release, kernel, refused, died, lines, end } = record(given);
  const stop = end === null || end === undefined ? undefined : record(end);
  return {
    release: text(release),
    kernel: text(kernel),
    missing: optional(refused) ?? (died === undefined ? undefined : `the guest died: ${text(died)}`),
    lines: list(lines).map(onLine),
    end: stop && { line: count(stop.line), reason: text(stop.reason) },
  };
}

function onLine(given: unknown): OnLine {
  const row = record(given);
  return {
    line: count(row.line),
    operation: text(row.operation),
    simulated: optional(row.simulated),
    real: optional(row.real),
    agreements: list(row.agreements).map((one) => {
      const { subject, name, value } = record(one);
      return { subject: text(subject), name: text(name), value: text(value) };
    }),
    disagreed: list(row.disagreed).map(values),
    notVisible: list(row.notVisible).map(values),
    notRun: optional(row.notRun),
  };
}

function values(given: unknown): Values {
  const { subject, name, simulated, real, reason } = record(given);
  return {
    subject: text(subject),
    name: text(name),
    simulated: text(simulated),
    real: text(real),
    reason: optional(reason),
  };
}

function tally(given: unknown): Tally {
  const { compared, agreed, disagreed, notVisible } = record(given);
  return {
    compared: count(compared),
    agreed: count(agreed),
    disagreed: count(disagreed),
    notVisible: count(notVisible),
  };
}

function record(given: unknown): Readonly<Record<string, unknown>> {
  return typeof given === "object" && given !== null ? (given as Record<string, unknown>) : {};
}

function list(given: unknown): readonly unknown[] {
  return Array.isArray(given) ? given : [];
}

function text(given: unknown): string {
  return given === undefined || given === null ? "" : String(given);
}

function optional(given: unknown): string | undefined {
  return given === undefined || given === null ? undefined : String(given);
}

function count(given: unknown): number {
  return Number.isSafeInteger(given) ? Number(given) : 0;
}
