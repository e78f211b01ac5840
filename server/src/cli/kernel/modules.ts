// Which modules of a kernel the guest needs, and the order in which they load. The packages carry no modules.dep (the machine
// that installs them makes it), so that the dependencies are read off the modules themselves.

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../command.ts";
import { type Env, lastWords, needTool, runTool } from "./tools.ts";

// Swap on compressed memory with the compressions that zram asks for by name, and block devices in memory. A kernel has those
// that are missing built in, or cannot have them.
const WANTED = ["zsmalloc", "lzo", "lzo_rle", "zram", "loop", "brd"];
// Without these a trace that swaps, or uses a file, could not run.
const NEEDED = ["zram", "loop"];

export interface KernelModule {
  readonly name: string;
  readonly content: Uint8Array;
}

// The modules below a folder (lib/modules/KERNEL/kernel), decompressed, dependencies first.
export async function modulesToLoad(folder: string, env: Env): Promise<KernelModule[]> {
  const paths = new Map<string, string>();
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const found = /^(.+)\.ko(\.xz|\.zst|\.gz)?$/.exec(entry.name);
    if (entry.isFile() && found) paths.set(moduleName(found[1]), join(entry.parentPath, entry.name));
  }
  const missing = NEEDED.filter((name) => !paths.has(name));
  if (missing.length > 0) throw new InputError(`the kernel's package has no module ${missing.join(", ")}`);
  const contents = new Map<string, Uint8Array>();
  const read = async (name: string) => {
    const path = paths.get(name);
    // What has no file is built into the kernel.
    if (path === undefined) return [];
    const content = await decompressed(path, env);
    contents.set(name, content);
    return dependsOf(content);
  };
  const order = await loadOrder(WANTED, read);
  return order.flatMap((name) => {
    const content = contents.get(name);
    return content ? [{ name: `${name}.ko`, content }] : [];
  });
}

// `wanted` and what they depend on, each after all that it needs.
export async function loadOrder(
  wanted: readonly string[],
  depends: (name: string) => Promise<readonly string[]>,
): Promise<string[]> {
  const order = new Set<string>();
  const asked = new Set<string>();
  const visit = async (name: string): Promise<void> => {
    if (asked.has(name)) return;
    asked.add(name);
    for (const one of await depends(name)) await visit(one);
    order.add(name);
  };
  for (const name of wanted) await visit(name);
  return [...order];
}

// The kernel takes `-` and `_` in a module's name for the same.
function moduleName(text: string): string {
  return text.replaceAll("-", "_");
}

// The section .modinfo holds `key=value` strings that end with a zero byte: `depends=a,b`.
export function dependsOf(module: Uint8Array): string[] {
  const bytes = Buffer.from(module.buffer, module.byteOffset, module.byteLength);
  const start = bytes.indexOf("\0depends=", 0, "latin1");
  if (start < 0) return [];
  const from = start + "\0depends=".length;
  const text = bytes.toString("latin1", from, Math.min(bytes.indexOf(0, from), from + 4096));
  return text.split(",").filter(Boolean).map(moduleName);
}

// Node reads neither format in all the versions that this program runs on.
async function decompressed(path: string, env: Env): Promise<Uint8Array> {
  if (path.endsWith(".ko")) return readFile(path);
  if (path.endsWith(".gz"))
    return (await import("node:zlib")).gunzipSync(await readFile(path), { maxOutputLength: MOST });
  const tool = await needTool(path.endsWith(".xz") ? "xz" : "zstd", "to unpack the kernel's modules", env);
  const { status, out, err } = await runTool(tool, ["-dc", "--", path], { env, seconds: 60, most: MOST });
  if (status !== 0) throw new InputError(`${tool} could not unpack ${path}\n  ${lastWords(err)}`);
  return out;
}

const MOST = 64 << 20;
