// A small archive on this machine's disk in the shape of Debian's, which the real apt reads: for fetching without a network.

import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { sha256 } from "../../server/src/cli/kernel/cache.ts";
import type { Place } from "./kernel.ts";

export interface Archive {
  // What a machine whose apt reads this archive has in its environment.
  readonly env: Readonly<Record<string, string>>;
  // The package's file, for tests that break it.
  readonly pool: string;
}

// Kernels by their name (`6.1.0-50-cloud-amd64`) and version, all in one suite.
export function archiveAt(at: Place, suite: string, kernels: Readonly<Record<string, string>>): Archive {
  const root = join(at.folder, "archive");
  const pool = join(root, "pool");
  mkdirSync(pool, { recursive: true });
  const packages = Object.entries(kernels).map(([kernel, version]) => kernelPackage(at, pool, kernel, version));
  const lists = "main/binary-amd64/Packages";
  const dist = join(root, "dists", suite);
  mkdirSync(join(dist, "main/binary-amd64"), { recursive: true });
  const text = packages.join("\n");
  writeFileSync(join(dist, lists), text);
  const release = [
    `Codename: ${suite}`,
    "Components: main",
    "Architectures: amd64",
    "Date: Sat, 01 Jan 2022 00:00:00 UTC",
    "SHA256:",
    ` ${sha256(text)} ${text.length} ${lists}`,
  ];
  writeFileSync(join(dist, "Release"), `${release.join("\n")}\n`);

  const etc = join(at.folder, "etc");
  mkdirSync(join(etc, "sources.list.d"), { recursive: true });
  writeFileSync(join(etc, "sources.list"), `deb [trusted=yes] copy:${root} bookworm main\n`);
  const config = join(etc, "apt.conf");
  writeFileSync(
    config,
    `Dir::Etc::SourceList "${etc}/sources.list";\nDir::Etc::SourceParts "${etc}/sources.list.d";\n`,
  );
  return { env: { ...at.env, PATH: process.env.PATH ?? "", APT_CONFIG: config }, pool };
}

// Builds the package and gives its paragraph for the list.
function kernelPackage(at: Place, pool: string, kernel: string, version: string): string {
  const name = `linux-image-${kernel}`;
  const folder = join(at.folder, "build");
  const files: Readonly<Record<string, string>> = {
    "DEBIAN/control": `Package: ${name}\nVersion: ${version}\nArchitecture: amd64\nMaintainer: nobody\nDescription: a kernel\n`,
    [`boot/vmlinuz-${kernel}`]: `the kernel ${kernel}`,
    [`lib/modules/${kernel}/kernel/zram.ko`]: "\0depends=zsmalloc\0",
    [`lib/modules/${kernel}/kernel/zsmalloc.ko`]: "\0depends=\0",
    [`lib/modules/${kernel}/kernel/loop.ko`]: "\0depends=\0",
    [`lib/modules/${kernel}/kernel/sound.ko`]: "\0depends=\0",
  };
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content);
  }
  const file = `${name}_${version}_amd64.deb`;
  execFileSync("dpkg-deb", ["-b", folder, join(pool, file)], { stdio: "ignore" });
  rmSync(folder, { recursive: true });
  const content = readFileSync(join(pool, file));
  return [
    `Package: ${name}`,
    `Version: ${version}`,
    "Architecture: amd64",
    "Maintainer: nobody",
    `Filename: pool/${file}`,
    `Size: ${content.length}`,
    `SHA256: ${sha256(content)}`,
    "Description: a kernel",
    "",
  ].join("\n");
}
