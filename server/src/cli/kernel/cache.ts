// What is kept of the kernels on this machine: one folder for each release, which is there whole or not at all.

import { createHash, randomUUID } from "node:crypto";
import { access, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { InputError } from "../command.ts";
import type { Release } from "./releases.ts";
import type { Env } from "./tools.ts";

// XDG Base Directory Specification: a path that is not absolute counts as not given.
export function cacheFolder(env: Env): string {
  const given = env.XDG_CACHE_HOME;
  const base = given && isAbsolute(given) ? given : join(env.HOME || homedir(), ".cache");
  return join(base, "mmtrace");
}

export function kernelsFolder(env: Env): string {
  return join(cacheFolder(env), "kernels");
}

export interface Manifest {
  readonly format: 1;
  readonly release: Release;
  // As `uname -r` says it in the guest.
  readonly kernel: string;
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  // File names in the order in which they must be loaded.
  readonly modules: readonly string[];
  // SHA-256 in hexadecimal.
  readonly files: Readonly<Record<string, string>>;
}

export const VMLINUZ = "vmlinuz";
const MANIFEST = "manifest.json";

export function sha256(content: Uint8Array | string): string {
  return createHash("sha256").update(content).digest("hex");
}

// What the cache says it has. Undefined for nothing, and for what another version of this program wrote.
export async function readManifest(release: Release, env: Env): Promise<Manifest | undefined> {
  const text = await readFile(join(kernelsFolder(env), release, MANIFEST), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return isManifest(value) && value.release === release ? value : undefined;
  } catch {
    return undefined;
  }
}

function isManifest(value: unknown): value is Manifest {
  if (typeof value !== "object" || value === null) return false;
  const { format, kernel, packages, modules, files } = value as Partial<Record<keyof Manifest, unknown>>;
  return (
    format === 1 &&
    typeof kernel === "string" &&
    Array.isArray(packages) &&
    Array.isArray(modules) &&
    modules.every((name) => typeof name === "string" && isPlainName(name)) &&
    typeof files === "object" &&
    files !== null &&
    Object.entries(files).every(([name, sum]) => isPlainName(name) && typeof sum === "string") &&
    Object.hasOwn(files, VMLINUZ)
  );
}

// Names come from a file: none may lead out of its folder.
function isPlainName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._+-]*$/.test(name);
}

export interface CachedKernel {
  readonly manifest: Manifest;
  readonly vmlinuz: string;
  readonly modules: readonly { readonly name: string; readonly content: Uint8Array }[];
}

// The kernel with its files, each compared with its checksum: a disk that ran full must not look like a kernel that oopses.
export async function readKernel(release: Release, env: Env): Promise<CachedKernel> {
  const manifest = await readManifest(release, env);
  if (manifest === undefined) {
    throw new InputError(`kernel ${release} is not here yet; fetch it with: mmtrace kernel fetch ${release}`);
  }
  const folder = join(kernelsFolder(env), release);
  const contents = new Map<string, Uint8Array>();
  for (const [name, sum] of Object.entries(manifest.files)) {
    const content = await readFile(join(folder, name)).catch(() => undefined);
    if (content === undefined || sha256(content) !== sum) throw damaged(release, name);
    contents.set(name, content);
  }
  const modules = manifest.modules.map((name) => {
    const content = contents.get(name);
    if (content === undefined) throw damaged(release, name);
    return { name, content };
  });
  return { manifest, vmlinuz: join(folder, VMLINUZ), modules };
}

function damaged(release: Release, name: string): InputError {
  const cure = `mmtrace kernel clean ${release} && mmtrace kernel fetch ${release}`;
  return new InputError(
    `the cached kernel ${release} is damaged (${name} is not what was fetched); repair it with: ${cure}`,
  );
}

// Puts a kernel into the cache: written beside its place and moved there at the end.
export async function writeKernel(manifest: Manifest, files: ReadonlyMap<string, Uint8Array>, env: Env): Promise<void> {
  const folder = kernelsFolder(env);
  const place = join(folder, manifest.release);
  const fresh = `${place}.new-${process.pid}`;
  await rm(fresh, { recursive: true, force: true });
  await mkdir(fresh, { recursive: true });
  for (const [name, content] of files) await writeFile(join(fresh, name), content);
  await writeFile(join(fresh, MANIFEST), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await replaceFolder(fresh, place);
}

async function replaceFolder(fresh: string, place: string): Promise<void> {
  const old = `${place}.old-${process.pid}`;
  await rename(place, old).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  await rename(fresh, place);
  await rm(old, { recursive: true, force: true });
}

// Removes a release: the kernel, what an interrupted fetch left, and what was built to boot it. Tells whether a kernel or a
// part of one was there.
export async function removeKernel(release: Release, env: Env): Promise<boolean> {
  const folder = kernelsFolder(env);
  const built = join(cacheFolder(env), "guest");
  for (const name of await readdir(built).catch(() => [])) {
    const own = [`initramfs-${release}-`, `vmlinux-${release}-`].some((start) => name.startsWith(start));
    if (own) await rm(join(built, name), { force: true });
  }
  const names = (await readdir(folder).catch(() => [])).filter(
    (name) => name === release || name.startsWith(`${release}.new-`) || name.startsWith(`${release}.old-`),
  );
  for (const name of names) await rm(join(folder, name), { recursive: true, force: true });
  return names.length > 0;
}

// A file made once and kept: `make` writes it under another name first. The names are KIND-KEY; those of the same kind that were
// made for what is no more (an older build, older sources) go when there are more than a few.
export async function keptFile(path: string, make: (temporary: string) => Promise<void>): Promise<string> {
  const there = await access(path).then(
    () => true,
    () => false,
  );
  if (there) return path;
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.new-${randomUUID()}`;
  try {
    await make(temporary);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  await removeOlder(path);
  return path;
}

// Of each kind: two checkouts side by side, and one that boots another, find theirs still there.
const KEPT = 3;

async function removeOlder(path: string): Promise<void> {
  const folder = dirname(path);
  const kind = kindOf(basename(path));
  if (kind === "") return;
  const found: { name: string; made: number }[] = [];
  for (const name of await readdir(folder)) {
    const there = kindOf(name) === kind ? await stat(join(folder, name)).catch(() => undefined) : undefined;
    if (there?.isFile()) found.push({ name, made: there.mtimeMs });
  }
  found.sort((a, b) => b.made - a.made);
  for (const { name } of found.slice(KEPT)) await rm(join(folder, name), { force: true });
}

function kindOf(name: string): string {
  return name.slice(0, name.lastIndexOf("-") + 1);
}
