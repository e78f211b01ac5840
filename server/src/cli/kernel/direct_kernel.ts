// The kernel without its own decompressor, which takes an emulated machine a quarter of its boot. QEMU starts such a kernel
// directly when it has the entry point that Xen's PVH guests use; where that cannot be had the compressed one boots as well.

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CachedKernel, cacheFolder, keptFile, VMLINUZ } from "./cache.ts";
import { type Env, findTool, runTool, type Tool } from "./tools.ts";

// How the compressed kernel begins, and who unpacks it.
const FORMATS: readonly { readonly magic: readonly number[]; readonly tool: Tool }[] = [
  { magic: [0x28, 0xb5, 0x2f, 0xfd], tool: "zstd" },
  { magic: [0x02, 0x21, 0x4c, 0x18], tool: "lz4" },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], tool: "xz" },
];

// The x86 boot protocol (Documentation/arch/x86/boot.rst): where the compressed kernel lies in the file.
const SETUP_SECTS = 0x1f1;
const MAGIC = 0x202;
const PAYLOAD_OFFSET = 0x248;
// Behind the compressed kernel stands its length when unpacked.
const LENGTH_BYTES = 4;
const MOST_BYTES = 256 << 20;

// The compressed kernel in a bzImage; undefined in what is none.
export function payloadOf(image: Buffer): Buffer | undefined {
  if (image.length < 0x250 || image.toString("latin1", MAGIC, MAGIC + 4) !== "HdrS") return undefined;
  const start = ((image[SETUP_SECTS] || 4) + 1) * 512 + image.readUInt32LE(PAYLOAD_OFFSET);
  const end = start + image.readUInt32LE(PAYLOAD_OFFSET + 4) - LENGTH_BYTES;
  return end <= image.length && start < end ? image.subarray(start, end) : undefined;
}

// An ELF note of Xen that names the entry point (include/xen/interface/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY).
export function hasDirectEntry(kernel: Buffer): boolean {
  const note = (size: number) => Buffer.from(`\x04\0\0\0${String.fromCharCode(size)}\0\0\0\x12\0\0\0Xen\0`, "latin1");
  return kernel.toString("latin1", 0, 4) === "\x7fELF" && [4, 8].some((size) => kernel.includes(note(size)));
}

// The path of the file that QEMU is to boot.
export async function bootableKernel(kernel: CachedKernel, env: Env): Promise<string> {
  const key = kernel.manifest.files[VMLINUZ].slice(0, 16);
  const path = join(cacheFolder(env), "guest", `vmlinux-${kernel.manifest.release}-${key}`);
  try {
    return await keptFile(path, async (temporary) => writeFile(temporary, await unpacked(kernel, temporary, env)));
  } catch (error) {
    if (error instanceof NotDirect) return kernel.vmlinuz;
    throw error;
  }
}

class NotDirect extends Error {}

async function unpacked(kernel: CachedKernel, temporary: string, env: Env): Promise<Buffer> {
  const payload = payloadOf(await readFile(kernel.vmlinuz));
  const format = FORMATS.find(({ magic }) => payload?.subarray(0, magic.length).equals(Buffer.from(magic)));
  const tool = format && (await findTool(format.tool, env));
  if (payload === undefined || tool === undefined) throw new NotDirect();
  const compressed = `${temporary}.compressed`;
  try {
    await writeFile(compressed, payload);
    const { status, out } = await runTool(tool, ["-dc", "--", compressed], { env, seconds: 60, most: MOST_BYTES });
    if (status !== 0 || !hasDirectEntry(out)) throw new NotDirect();
    return out;
  } finally {
    await rm(compressed, { force: true });
  }
}
