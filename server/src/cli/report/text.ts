// Test results for people: one line for each file and model, findings below it, the sum at the end.

import { counts, findingLine, type ReporterMaker } from "./result.ts";

const LABELS = { held: "ok   ", failed: "FAIL ", "wrong input": "ERROR", limit: "LIMIT" } as const;

export const text: ReporterMaker = (write, paint) => ({
  begin: () => undefined,
  result: (result) => {
    const label = (result.verdict === "held" ? paint.good : paint.bad)(LABELS[result.verdict]);
    const model = result.model === undefined ? "" : ` ${result.model}`;
    write(`${label} ${result.file}${model}${paint.dim(`  ${counts(result)}`)}\n`);
    for (const finding of result.findings) write(`      ${findingLine(result.file, finding)}\n`);
  },
  end: (totals) => {
    const line = counts(totals);
    write(`${totals.failed > 0 ? paint.bad(line) : line}\n`);
  },
});
