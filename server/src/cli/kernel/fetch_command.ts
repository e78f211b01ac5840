// `mmtrace kernel fetch`: brings real kernels into the cache.

import { performance } from "node:perf_hooks";
import { paintFor } from "../colour.ts";
import { type Arguments, type Command, HELD, InputError, mistakeIn, WRONG_INPUT } from "../command.ts";
import type { Io } from "../io.ts";
import { PROGRESS_OPTION, progressFor } from "../progress.ts";
import { fetchKernel } from "./fetch.ts";
import { RELEASES, releasesOf } from "./releases.ts";
import { findTool, installHint } from "./tools.ts";

export const kernelFetchCommand: Command = {
  name: "kernel fetch",
  synopsis: "[RELEASE…] [--update]",
  summary: "Bring real kernels from Debian's archive into the cache",
  details: [
    `RELEASE is one of ${RELEASES.join(", ")}; all of them when none is given. The newest build of each that the archive has\n` +
      "is taken from the address in this machine's own apt sources; apt checks it. Needs no root.",
    "What is there already stays as it is, unless --update asks for a newer build. A fetch that was interrupted goes on\n" +
      "where it stopped. The kernels lie in $XDG_CACHE_HOME/mmtrace, or ~/.cache/mmtrace.",
  ],
  options: [{ name: "update", help: "look for newer builds of what is there already" }, PROGRESS_OPTION],
  positional: { least: 0, most: Number.POSITIVE_INFINITY },
  run: fetchReleases,
};

async function fetchReleases(args: Arguments, io: Io): Promise<number> {
  if (process.platform !== "linux") {
    throw new InputError(`kernels are fetched by apt on Linux, and this machine runs ${process.platform}`);
  }
  const paint = paintFor(io);
  let status = HELD;
  for (const release of releasesOf(args.positional)) {
    const progress = progressFor(args, io);
    const start = performance.now();
    try {
      const { manifest, fresh } = await fetchKernel(release, {
        env: io.env,
        say: progress.say,
        update: args.on("update"),
      });
      progress.end();
      const from = manifest.packages.map(({ name, version }) => `${name} ${version}`).join(", ");
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      const how = fresh ? `fetched in ${seconds} s (${from})` : "is here already";
      io.out(`${release.padEnd(4)}  ${manifest.kernel}  ${paint.dim(how)}\n`);
    } catch (error) {
      progress.end();
      // The others may well be there.
      if (mistakeIn(error) === undefined) throw error;
      io.err(`${paintFor(io, "err").bad("error:")} ${release}: ${(error as Error).message}\n`);
      status = WRONG_INPUT;
    }
  }
  if (status === HELD && (await findTool("qemu-system-x86_64", io.env)) === undefined) {
    io.err(`${paintFor(io, "err").dim("note:")} to boot them, ${installHint(["qemu-system-x86_64"])}\n`);
  }
  return status;
}
