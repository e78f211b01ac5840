// The commands that bring a trace to a real kernel: a bundle of its own, which nothing else waits for.

import type { CommandGroup } from "./command.ts";
import { kernelCleanCommand } from "./kernel/clean_command.ts";
import { kernelCompareCommand } from "./kernel/compare_command.ts";
import { kernelFetchCommand } from "./kernel/fetch_command.ts";
import { kernelListCommand } from "./kernel/list_command.ts";
import { kernelRunCommand } from "./kernel/run_command.ts";

export { fuzzCommand } from "./kernel/fuzz.ts";

export const kernelGroup: CommandGroup = {
  name: "kernel",
  summary: "Fetch real kernels, run traces on them in QEMU, and compare them with the simulation",
  commands: [kernelFetchCommand, kernelListCommand, kernelCleanCommand, kernelRunCommand, kernelCompareCommand],
};
