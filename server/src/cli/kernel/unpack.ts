// Takes out of a kernel's packages what a guest needs.

import { mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../command.ts";
import { VMLINUZ } from "./cache.ts";
import { modulesToLoad } from "./modules.ts";
import { type Env, lastWords, needTool, runTool } from "./tools.ts";

export interface Unpacked {
  // As `uname -r` will say it.
  readonly kernel: string;
  readonly modules: readonly string[];
  readonly files: ReadonlyMap<string, Uint8Array>;
}

// Unpacks the packages into `folder`, which is the caller's to remove.
export async function unpack(packages: readonly string[], folder: string, env: Env): Promise<Unpacked> {
  const dpkg = await needTool("dpkg-deb", "to unpack a kernel", env);
  await mkdir(folder, { recursive: true });
  for (const path of packages) {
    const { status, err } = await runTool(dpkg, ["-x", path, folder], { env, seconds: 300 });
    if (status !== 0) throw new InputError(`dpkg-deb could not unpack ${path}\n  ${lastWords(err)}`);
  }
  return readUnpacked(folder, env);
}

// Modules and kernel lie in lib or, since /usr was merged, in usr/lib; the kernel in boot or beside the modules.
async function readUnpacked(folder: string, env: Env): Promise<Unpacked> {
  for (const lib of [join(folder, "usr", "lib", "modules"), join(folder, "lib", "modules")]) {
    for (const kernel of await readdir(lib).catch(() => [])) {
      const own = join(lib, kernel);
      const vmlinuz = await firstOf([join(folder, "boot", `vmlinuz-${kernel}`), join(own, "vmlinuz")]);
      if (vmlinuz === undefined) continue;
      const modules = await modulesToLoad(join(own, "kernel"), env);
      const files = new Map([[VMLINUZ, vmlinuz], ...modules.map(({ name, content }) => [name, content] as const)]);
      return { kernel, modules: modules.map(({ name }) => name), files };
    }
  }
  throw new InputError("the kernel's packages hold no kernel with its modules");
}

async function firstOf(paths: readonly string[]): Promise<Uint8Array | undefined> {
  for (const path of paths) {
    const content = await readFile(path).catch(() => undefined);
    if (content) return content;
  }
  return undefined;
}
