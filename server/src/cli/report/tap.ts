// Test results as TAP 14 (https://testanything.org/tap-version-14-specification.html).

import { counts, findingLine, type ReporterMaker } from "./result.ts";

export const tap: ReporterMaker = (write) => {
  let number = 0;
  return {
    begin: () => write("TAP version 14\n"),
    result: (result) => {
      number++;
      const name = result.model === undefined ? result.file : `${result.file} under ${result.model}`;
      write(`${result.verdict === "held" ? "ok" : "not ok"} ${number} - ${escaped(name)}\n`);
      if (result.findings.length === 0) return;
      write("  ---\n  findings:\n");
      for (const finding of result.findings) write(`    - ${JSON.stringify(findingLine(result.file, finding))}\n`);
      write("  ...\n");
    },
    end: (totals) => write(`1..${number}\n# ${counts(totals)}\n`),
  };
};

function escaped(name: string): string {
  return name.replace(/[\\#]/g, "\\$&");
}
