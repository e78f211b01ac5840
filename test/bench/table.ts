// The numbers as a table for people.

export interface Row {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  // The same on the machine's own kernel.
  readonly peer?: number;
  // What the project wants, in words.
  readonly aim?: string;
}

export function table(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.name,
    figure(row.value),
    row.unit,
    row.peer === undefined ? "" : figure(row.peer),
    row.peer === undefined ? "" : `${(row.value / row.peer).toFixed(2)}×`,
    row.aim ?? "",
  ]);
  const all = [["what", "value", "unit", "native", "ratio", "aim"], ...cells];
  const widths = all[0].map((_, column) => Math.max(...all.map((line) => line[column].length)));
  const right = new Set([1, 3, 4]);
  const lines = all.map((line) =>
    line
      .map((cell, column) => (right.has(column) ? cell.padStart(widths[column]) : cell.padEnd(widths[column])))
      .join("  ")
      .trimEnd(),
  );
  return `${lines.join("\n")}\n`;
}

function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString("en-US");
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}
