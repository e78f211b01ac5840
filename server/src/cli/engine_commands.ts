// The commands that need the engine and the language: a bundle of its own, so that the two servers start without it.

export { capacityCommand } from "./capacity.ts";
export { checkCommand } from "./check.ts";
export { evalCommand } from "./eval.ts";
export { exportCommand } from "./export.ts";
export { fmtCommand } from "./fmt.ts";
export { hazardsCommand } from "./hazards.ts";
export { importCommand } from "./import.ts";
export { kernelsCommand } from "./kernels.ts";
export { matrixCommand } from "./matrix.ts";
export { runCommand } from "./run.ts";
export { testCommand } from "./test.ts";
export { whyCommand } from "./why.ts";
