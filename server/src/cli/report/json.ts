// Test results as one JSON document.

import type { ReporterMaker, Result } from "./result.ts";

export const json: ReporterMaker = (write) => {
  const results: Result[] = [];
  return {
    begin: () => undefined,
    result: (result) => void results.push(result),
    end: (totals) => write(`${JSON.stringify({ results, totals }, undefined, 2)}\n`),
  };
};
