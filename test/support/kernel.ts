// A cache and a PATH of a test's own, with stand-ins for the programs that boot a kernel.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { sha256, writeKernel } from "../../server/src/cli/kernel/cache.ts";
import type { Release } from "../../server/src/cli/kernel/releases.ts";

export interface Place {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  // Puts a shell script on the PATH.
  program(name: string, script: string): string;
}

export function place(t: TestContext): Place {
  const folder = mkdtempSync(join(tmpdir(), "mmtrace-kernel-"));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const bin = join(folder, "bin");
  mkdirSync(bin);
  return {
    folder,
    env: { PATH: bin, HOME: folder, XDG_CACHE_HOME: join(folder, "cache") },
    program: (name, script) => {
      const path = join(bin, name);
      writeFileSync(path, `#!/bin/sh\n${script}\n`);
      chmodSync(path, 0o755);
      return path;
    },
  };
}

// A kernel of three bytes: enough for what does not boot it.
export async function cachedKernel(at: Place, release: Release, kernel = `${release}.0-1-cloud-amd64`): Promise<void> {
  const vmlinuz = Buffer.from(`a kernel ${kernel}`);
  await writeKernel(
    {
      format: 1,
      release,
      kernel,
      packages: [{ name: `linux-image-${kernel}`, version: `${release}.1-1` }],
      modules: [],
      files: { vmlinuz: sha256(vmlinuz) },
    },
    new Map([["vmlinuz", vmlinuz]]),
    at.env,
  );
}
