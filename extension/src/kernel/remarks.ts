// What stands behind the lines of a trace that ran on real kernels, and which of it is a problem.

import type { Comparison, OnKernel, OnLine, Values } from "./comparison.ts";

export interface Remark {
  // From 0.
  readonly line: number;
  readonly tone: "agrees" | "disagrees" | "unknown";
  readonly text: string;
}

export interface Finding {
  // From 0.
  readonly line: number;
  readonly message: string;
}

const MOST_TEXT = 160;

// In the order of the lines; behind one line what disagrees comes first.
export function remarks(comparison: Comparison): readonly Remark[] {
  const found: Remark[] = [];
  for (const [line, rows] of byLine(comparison)) {
    const apart = grouped(rows, ({ visits }) => apartText(visits));
    const same = grouped(rows, ({ visits }) => sameText(visits));
    const unknown = grouped(rows, ({ visits }) => notRunText(visits));
    add(line, "disagrees", "✗", apart);
    add(line, "agrees", "✓", same);
    add(line, "unknown", "–", unknown);
  }
  const ends = new Map<number, Row[]>();
  for (const on of comparison.kernels) {
    if (on.end) ends.set(on.end.line, [...(ends.get(on.end.line) ?? []), { on, visits: [] }]);
  }
  for (const [line, rows] of ends) {
    add(
      line,
      "unknown",
      "–",
      grouped(rows, ({ on }) => `not compared from here on: ${on.end?.reason}`),
    );
  }
  return found.sort((a, b) => a.line - b.line);

  function add(line: number, tone: Remark["tone"], mark: string, groups: ReadonlyMap<string, readonly string[]>): void {
    if (groups.size === 0) return;
    const parts = [...groups].map(([said, releases]) => `${mark} ${releases.join(" ")}: ${said}`);
    const text = parts.join(" │ ");
    found.push({ line: line - 1, tone, text: text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT - 1)}…` : text });
  }
}

// One for each observable of a line that differs, with all kernels on which it does so alike.
export function findings(comparison: Comparison): readonly Finding[] {
  const found: Finding[] = [];
  for (const [line, rows] of byLine(comparison)) {
    const said = new Map<string, Set<OnKernel>>();
    for (const { on, visits } of rows) {
      for (const values of visits.flatMap(({ disagreed }) => disagreed)) {
        const text = valuesText(values);
        said.set(text, (said.get(text) ?? new Set()).add(on));
      }
    }
    for (const [text, kernels] of said) found.push({ line: line - 1, message: `${text} (${listed([...kernels])})` });
  }
  return found;
}

// `77 compared, 77 agreed, 0 disagreed, 5 not visible (Linux 6.1, 6.12)`
export function summary({ totals, kernels }: Comparison): string {
  const { compared, agreed, disagreed, notVisible } = totals;
  const ran = kernels.filter(({ missing }) => missing === undefined);
  return `${compared} compared, ${agreed} agreed, ${disagreed} disagreed, ${notVisible} not visible (${listed(ran)})`;
}

// `Linux 6.1, 6.12, this machine's kernel`
function listed(kernels: readonly Pick<OnKernel, "release">[]): string {
  const releases = kernels.flatMap(({ release }) => (release === "host" ? [] : [release]));
  const own = kernels.length > releases.length ? [called({ release: "host" })] : [];
  return [...(releases.length > 0 ? [`Linux ${releases.join(", ")}`] : []), ...own].join(", ");
}

// What a person calls the kernel.
export function called({ release }: Pick<OnKernel, "release">): string {
  return release === "host" ? "this machine's kernel" : `Linux ${release}`;
}

// `refcount of main 0x200000000000: simulated 1, real 2`
export function valuesText({ subject, name, simulated, real }: Values): string {
  return `${subject === "" ? name : `${name} of ${subject}`}: simulated ${simulated}, real ${real}`;
}

export interface Row {
  readonly on: OnKernel;
  readonly visits: readonly OnLine[];
}

// Each line that was looked at, from 1 and ascending, with the kernels in their order.
export function byLine({ kernels }: Comparison): ReadonlyMap<number, readonly Row[]> {
  const lines = new Map<number, Map<OnKernel, OnLine[]>>();
  for (const on of kernels) {
    for (const visit of on.lines) {
      const rows = lines.get(visit.line) ?? new Map<OnKernel, OnLine[]>();
      lines.set(visit.line, rows);
      const visits = rows.get(on);
      if (visits) visits.push(visit);
      else rows.set(on, [visit]);
    }
  }
  const sorted = [...lines].sort(([a], [b]) => a - b);
  return new Map(sorted.map(([line, rows]) => [line, [...rows].map(([on, visits]) => ({ on, visits }))]));
}

// The releases that have the same to say, in the order in which it is first said.
function grouped(rows: readonly Row[], say: (row: Row) => string | undefined): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, string[]>();
  for (const row of rows) {
    const said = say(row);
    if (said !== undefined) groups.set(said, [...(groups.get(said) ?? []), row.on.release]);
  }
  return groups;
}

function apartText(visits: readonly OnLine[]): string | undefined {
  const apart = visits.flatMap(({ disagreed }) => disagreed);
  if (apart.length === 0) return undefined;
  const [first] = apart;
  const more = apart.length > 1 ? ` (and ${apart.length - 1} more)` : "";
  return `${first.name}: simulated ${first.simulated}, real ${first.real}${more}`;
}

function sameText(visits: readonly OnLine[]): string | undefined {
  const last = visits.at(-1);
  if (last?.real === undefined || visits.some(({ disagreed }) => disagreed.length > 0)) return undefined;
  return visits.length > 1 ? `${last.real} (last of ${visits.length})` : last.real;
}

function notRunText(visits: readonly OnLine[]): string | undefined {
  const last = visits.at(-1);
  return last?.notRun === undefined ? undefined : `not run: ${last.notRun}`;
}
