// The guest's first and only file system: the program as /init, the modules with their order, and a blank ext4 image for
// traces with files.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { InputError } from "../command.ts";
import { type CachedKernel, cacheFolder, keptFile, sha256 } from "./cache.ts";
import { cpioOf } from "./cpio.ts";
import { type Env, lastWords, needTool, runTool } from "./tools.ts";

const IMAGE_BYTES = 16 << 20;

// No journal and no checksums: a trace's write-back is then the trace's own and nobody else's. The identifiers are fixed, so
// that each machine makes the same image.
const IMAGE_ARGUMENTS = [
  ["-q", "-F", "-t", "ext4", "-b", "4096", "-m", "0", "-N", "256"],
  ["-O", "^has_journal,^metadata_csum,^resize_inode"],
  ["-E", "lazy_itable_init=0,nodiscard,hash_seed=6d6d7472-6163-4500-8000-000000000001"],
  ["-U", "6d6d7472-6163-4500-8000-000000000002"],
].flat();

async function blankImage(env: Env): Promise<string> {
  const key = sha256(JSON.stringify([IMAGE_BYTES, IMAGE_ARGUMENTS])).slice(0, 16);
  return keptFile(join(cacheFolder(env), "guest", `ext4-${key}.img`), async (temporary) => {
    const mke2fs = await needTool("mke2fs", "to make the guest's file system", env);
    await writeFile(temporary, new Uint8Array(IMAGE_BYTES));
    const { status, err } = await runTool(mke2fs, [...IMAGE_ARGUMENTS, temporary], { env, seconds: 60 });
    if (status !== 0) throw new InputError(`mke2fs could not make the guest's file system\n  ${lastWords(err)}`);
  });
}

export function initramfsOf(
  program: Uint8Array,
  modules: readonly { readonly name: string; readonly content: Uint8Array }[],
  image: Uint8Array,
): Uint8Array {
  const order = modules.map(({ name }) => `${name}\n`).join("");
  return cpioOf([
    { path: "init", content: program, executable: true },
    { path: "modules/load", content: Buffer.from(order) },
    ...modules.map(({ name, content }) => ({ path: `modules/${name}`, content })),
    { path: "ext4.img", content: image },
  ]);
}

// The archive's path, made anew when the kernel or the program is another.
export async function initramfs(kernel: CachedKernel, programPath: string, env: Env): Promise<string> {
  const program = await readFile(programPath);
  const image = await readFile(await blankImage(env));
  const key = sha256(JSON.stringify([kernel.manifest.files, sha256(program), sha256(image)])).slice(0, 16);
  const path = join(cacheFolder(env), "guest", `initramfs-${kernel.manifest.release}-${key}.cpio.gz`);
  return keptFile(path, (temporary) => writeFile(temporary, gzipSync(initramfsOf(program, kernel.modules, image))));
}
