// The actions offered above the text: run it, debug it, run it under every model; at the first `expect`, run the checks.

import type { Analysis } from "./analysis.ts";

export interface Lens {
  readonly line: number;
  readonly title: string;
  readonly action: "run" | "debug" | "runAllModels";
}

export function codeLenses(analysis: Analysis): Lens[] {
  const { statements, kernels } = analysis.program;
  if (statements.length === 0) return [];
  const top = statements[0].line;
  const lenses: Lens[] = [
    { line: top, title: "Run", action: "run" },
    { line: top, title: "Debug", action: "debug" },
  ];
  lenses.push({
    line: top,
    title: kernels.length > 1 ? `All ${kernels.length} models` : "All models",
    action: "runAllModels",
  });
  return lenses;
}
