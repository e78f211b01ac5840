// The table that the mouse over a line shows: every observable, simulated and on each real kernel. Its words come from a
// trace and from a guest, so that all of them stand in code spans, in which Markdown means nothing.

import type { Comparison, OnLine } from "./comparison.ts";
import { byLine, called, type Row } from "./remarks.ts";

const MOST_ROWS = 40;

// Of a line from 0. Undefined where no kernel has something to say of it.
export function kernelTable(comparison: Comparison, line: number): string | undefined {
  const rows = byLine(comparison).get(line + 1);
  if (rows === undefined) return undefined;
  const shown = rows.map(({ on, visits }) => ({ on, visit: telling(visits), cells: cellsOf(telling(visits)) }));
  const operation = shown[0].visit.operation;
  const names = namesOf(shown.map(({ cells }) => cells));
  const head = ["", ...shown.map(({ on }) => (on.release === "host" ? "this machine" : on.release))];
  const brief = ["", ...shown.map(({ visit }) => (visit.real === undefined ? "not run" : code(visit.real)))];
  const body = names
    .slice(0, MOST_ROWS)
    .map((name) => [code(name), ...shown.map(({ cells }) => cells.get(name)?.text ?? "")]);
  const table = [head, head.map(() => "---"), brief, ...body].map((cells) => `| ${cells.join(" | ")} |`);
  const more = names.length > MOST_ROWS ? [`… and ${names.length - MOST_ROWS} more`, ""] : [];
  return [
    `**On real kernels** · ${code(operation)}${visitsText(rows)}`,
    "",
    ...table,
    "",
    ...more,
    "A value alone is simulated and real alike; an empty field is as it was before, or the release has no such thing.",
    "",
    shown.map(({ on }) => `${called(on)}: ${code(on.kernel)}`).join(" · "),
  ].join("\n");
}

interface Cell {
  readonly text: string;
  readonly rank: number;
}

// What differs, what agrees, what cannot be seen: in this order.
function cellsOf({ agreements, disagreed, notVisible }: OnLine): ReadonlyMap<string, Cell> {
  const cells = new Map<string, Cell>();
  const nameOf = ({ subject, name }: { subject: string; name: string }) =>
    subject === "" ? name : `${subject} ${name}`;
  for (const one of disagreed) {
    cells.set(nameOf(one), { text: `⚠ simulated ${code(one.simulated)}, real **${code(one.real)}**`, rank: 0 });
  }
  for (const one of agreements) cells.set(nameOf(one), { text: code(one.value), rank: 1 });
  for (const one of notVisible) {
    cells.set(nameOf(one), { text: `simulated ${code(one.simulated)}, not visible`, rank: 2 });
  }
  return cells;
}

function namesOf(columns: readonly ReadonlyMap<string, Cell>[]): readonly string[] {
  const ranks = new Map<string, number>();
  for (const cells of columns) {
    for (const [name, { rank }] of cells) ranks.set(name, Math.min(rank, ranks.get(name) ?? rank));
  }
  return [...ranks].sort(([, a], [, b]) => a - b).map(([name]) => name);
}

// The visit that a person wants to see: the first that disagrees, or the last.
function telling(visits: readonly OnLine[]): OnLine {
  return visits.find(({ disagreed }) => disagreed.length > 0) ?? visits[visits.length - 1];
}

function visitsText(rows: readonly Row[]): string {
  const most = Math.max(...rows.map(({ visits }) => visits.length));
  return most > 1 ? ` · one of ${most} times` : "";
}

// A pipe ends a table's cell even within a code span, unless it is escaped.
function code(text: string): string {
  const plain = text
    .replace(/\s+/g, " ")
    .replaceAll("`", "'")
    .replace(/\\+(?=\||$)/g, "")
    .replaceAll("|", "\\|")
    .trim();
  return plain === "" ? "" : `\`${plain}\``;
}
