// `mmtrace kernel clean`: removes real kernels from the cache.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type Command, HELD } from "../command.ts";
import { cacheFolder, removeKernel } from "./cache.ts";
import { downloadFolder } from "./fetch.ts";
import { alone } from "./lock.ts";
import { releasesOf } from "./releases.ts";

export const kernelCleanCommand: Command = {
  name: "kernel clean",
  synopsis: "[RELEASE…]",
  summary: "Remove real kernels from the cache, with what an interrupted fetch left",
  details: ["Without a RELEASE all of them go, and what was built to boot them."],
  options: [],
  positional: { least: 0, most: Number.POSITIVE_INFINITY },
  async run(args, io) {
    for (const release of releasesOf(args.positional)) {
      const folder = downloadFolder(release, io.env);
      const wait = () => io.err(`${release}: waiting for a fetch to end\n`);
      const removed = await alone(folder, wait, async () => {
        await rm(folder, { recursive: true, force: true });
        return removeKernel(release, io.env);
      });
      io.out(`${release.padEnd(4)}  ${removed ? "removed" : "was not here"}\n`);
    }
    if (args.positional.length === 0) await rm(join(cacheFolder(io.env), "guest"), { recursive: true, force: true });
    return HELD;
  },
};
