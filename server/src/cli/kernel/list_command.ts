// `mmtrace kernel list`: which real kernels are here, and whether they can be booted.

import { paintFor } from "../colour.ts";
import { type Command, HELD } from "../command.ts";
import { kernelsFolder, type Manifest, readManifest } from "./cache.ts";
import { RELEASES, type Release } from "./releases.ts";
import { findTool, installHint, type Tool } from "./tools.ts";

// What running a trace takes beside a kernel.
const NEEDED: readonly Tool[] = ["qemu-system-x86_64", "cc", "mke2fs"];

export const kernelListCommand: Command = {
  name: "kernel list",
  synopsis: "[--json]",
  summary: "List the real kernels in the cache and what is missing to boot them",
  options: [{ name: "json", help: "print JSON" }],
  positional: { least: 0, most: 0 },
  async run(args, io) {
    const rows = await Promise.all(RELEASES.map(async (release) => row(release, await readManifest(release, io.env))));
    const tools = await Promise.all(
      NEEDED.map(async (tool) => [tool, (await findTool(tool, io.env)) ?? null] as const),
    );
    if (args.on("json")) {
      const found = { folder: kernelsFolder(io.env), kernels: rows, programs: Object.fromEntries(tools) };
      io.out(`${JSON.stringify(found, undefined, 2)}\n`);
      return HELD;
    }
    const paint = paintFor(io);
    for (const { release, kernel, packages } of rows) {
      const about = kernel
        ? `${kernel}  ${packages.map(({ name, version }) => `${name} ${version}`).join(", ")}`
        : paint.dim(`not here; mmtrace kernel fetch ${release}`);
      io.out(`${release.padEnd(4)}  ${about}\n`);
    }
    const missing = tools.flatMap(([tool, path]) => (path === null ? [tool] : []));
    if (missing.length > 0) io.out(`missing to boot them: ${missing.join(", ")}; ${installHint(missing)}\n`);
    else io.out(`booted by ${tools[0][1]}\n`);
    return HELD;
  },
};

interface Row {
  readonly release: Release;
  // Null for a release that is not in the cache.
  readonly kernel: string | null;
  readonly packages: Manifest["packages"];
}

function row(release: Release, manifest: Manifest | undefined): Row {
  return { release, kernel: manifest?.kernel ?? null, packages: manifest?.packages ?? [] };
}
