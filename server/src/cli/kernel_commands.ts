// The commands that bring a trace to a real kernel: a bundle of its own, which nothing else waits for.

import type { CommandGroup } from "./command.ts";
import { kernelCleanCommand } from "./kernel/clean_command.ts";
import { kernelFetchCommand } from "./kernel/fetch_command.ts";
import { kernelListCommand } from "./kernel/list_command.ts";

export const kernelGroup: CommandGroup = {
  name: "kernel",
  summary: "Fetch real kernels, to run traces on them in QEMU",
  commands: [kernelFetchCommand, kernelListCommand, kernelCleanCommand],
};
