// `mmtrace kernel list`: which real kernels are here, and whether they can be booted.

import { release as ownKernel } from "node:os";
import { paintFor } from "../colour.ts";
import { type Command, HELD } from "../command.ts";
import { kernelsFolder, type Manifest, readManifest } from "./cache.ts";
import { DOWNLOAD_MEGABYTES, RELEASES, type Release } from "./releases.ts";
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
    const missing = tools.flatMap(([tool, path]) => (path === null ? [tool] : []));
    if (args.on("json")) {
      const found = {
        folder: kernelsFolder(io.env),
        kernels: rows,
        programs: Object.fromEntries(tools),
        // In words what to install; null when nothing is missing.
        missing: missing.length > 0 ? `${missing.join(", ")}; ${installHint(missing)}` : null,
        host: hostRow(),
      };
      io.out(`${JSON.stringify(found, undefined, 2)}\n`);
      return HELD;
    }
    const paint = paintFor(io);
    for (const { release, kernel, packages, megabytes } of rows) {
      const about = kernel
        ? `${kernel}  ${packages.map(({ name, version }) => `${name} ${version}`).join(", ")}`
        : paint.dim(`not here; mmtrace kernel fetch ${release} (about ${megabytes} MB)`);
      io.out(`${release.padEnd(4)}  ${about}\n`);
    }
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
  // What fetching it downloads, roughly.
  readonly megabytes: number;
}

function row(release: Release, manifest: Manifest | undefined): Row {
  return {
    release,
    kernel: manifest?.kernel ?? null,
    packages: manifest?.packages ?? [],
    megabytes: DOWNLOAD_MEGABYTES[release],
  };
}

// This machine's own kernel, and why `--kernel host` cannot run on it, null where it can.
function hostRow(): { readonly kernel: string; readonly cannot: string | null } {
  const cannot =
    process.platform !== "linux" ? "it is no Linux" : process.getuid?.() !== 0 ? "only root may look at it" : null;
  return { kernel: ownKernel(), cannot };
}
