// Brings one release into the cache. What was downloaded stays until it is there whole, so that a second run goes on where the
// first one stopped.

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../command.ts";
import { aptIn } from "./apt.ts";
import { cacheFolder, type Manifest, readManifest, sha256, writeKernel } from "./cache.ts";
import { newestBuild } from "./choose.ts";
import { alone } from "./lock.ts";
import { type Release, SUITES } from "./releases.ts";
import { type Env, needTool } from "./tools.ts";
import { unpack } from "./unpack.ts";

export interface Fetched {
  readonly manifest: Manifest;
  // False when the cache had it.
  readonly fresh: boolean;
}

export interface FetchOptions {
  readonly env: Env;
  readonly say: (text: string) => void;
  // Asks the archive for a newer build though there is one here.
  readonly update: boolean;
}

export function downloadFolder(release: Release, env: Env): string {
  return join(cacheFolder(env), "download", release);
}

export async function fetchKernel(release: Release, options: FetchOptions): Promise<Fetched> {
  const { env, say } = options;
  const here = await readManifest(release, env);
  if (here && !options.update) return { manifest: here, fresh: false };
  const folder = downloadFolder(release, env);
  return alone(
    folder,
    () => say(`${release}: waiting for another fetch to end`),
    async () => {
      const made = await readManifest(release, env);
      if (made && !options.update) return { manifest: made, fresh: false };
      await needTool("dpkg-deb", "to unpack a kernel", env);
      const apt = await aptIn(folder, SUITES[release], env);
      say(`${release}: reading the archive's lists of ${SUITES[release].join(", ")}`);
      await apt.update();
      const prefixes = ["image", "binary", "modules"].map((kind) => `linux-${kind}-`);
      const build = newestBuild(await apt.packages(prefixes), release);
      if (build === undefined) {
        throw new InputError(
          `the archive has no kernel ${release} for amd64 in ${SUITES[release].join(" or ")} (any more)`,
        );
      }
      const { kernel, packages } = build;
      const same = made?.kernel === kernel && JSON.stringify(made.packages) === JSON.stringify(packages);
      if (made && same) {
        await rm(folder, { recursive: true, force: true });
        return { manifest: made, fresh: false };
      }
      say(`${release}: downloading ${packages[0].name}`);
      const files = await apt.download(packages, (percent) =>
        say(`${release}: downloading ${kernel}, ${Math.floor(percent)} %`),
      );
      say(`${release}: unpacking ${kernel}`);
      const unpacked = await unpack(files, join(folder, "unpacked"), env);
      const sums = [...unpacked.files].map(([name, content]) => [name, sha256(content)]);
      const manifest: Manifest = {
        format: 1,
        release,
        kernel: unpacked.kernel,
        packages,
        modules: unpacked.modules,
        files: Object.fromEntries(sums),
      };
      await writeKernel(manifest, unpacked.files, env);
      await rm(folder, { recursive: true, force: true });
      return { manifest, fresh: true };
    },
  );
}
