// A disagreement that a random trace found, and the trace file that tells of it.

import type { TraceReport } from "../linux/against.ts";
import type { Observable } from "../linux/compare.ts";

export interface Difference {
  // 0-based.
  readonly line: number;
  readonly operation: string;
  readonly observable: Observable;
}

// They say why the others of their line differ.
const TELLING: readonly string[] = ["errno", "signal"];

// The first line's; what follows it may only pass it on.
export function firstDifference({ lines }: TraceReport): Difference | undefined {
  for (const { line, operation, observables } of lines) {
    const all = observables.filter(({ verdict }) => verdict === "disagree");
    const observable = all.find(({ name }) => TELLING.includes(name)) ?? all[0];
    if (observable) return { line, operation, observable };
  }
  return undefined;
}

// Whether the trace still disagrees in the observable that it is shrunk for.
export function disagreesIn({ lines }: TraceReport, { observable: { name } }: Difference): boolean {
  return lines.some(({ observables }) =>
    observables.some((observable) => observable.verdict === "disagree" && observable.name === name),
  );
}

export interface Sides {
  // What the two values are of: `mmtrace as 6.12`, `Linux 6.12.107+deb13-cloud-amd64`.
  readonly simulated: string;
  readonly real: string;
}

// The comment before a trace; `command` makes the trace again from which it was shrunk.
export function headerOf(difference: Difference, sides: Sides, command: string): string {
  const { line, observable } = difference;
  const { subject, name, simulated, real } = observable;
  const what = subject === "" ? name : `${name} of ${subject}`;
  return [
    `${sides.simulated} and ${sides.real} disagree.`,
    `After line ${line + 1 + HEADER_LINES}, ${what}: ${simulated} in ${sides.simulated}, ${real} in ${sides.real}.`,
    `Found by: ${command}`,
  ]
    .map((text) => `# ${oneLine(text)}\n`)
    .join("");
}

const HEADER_LINES = 3;

// Of a guest's text nothing may end the comment.
function oneLine(text: string): string {
  return text.replace(/[^\x20-\x7e\xa0-\uffff]/g, "?");
}
