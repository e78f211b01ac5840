// Which packages make the newest build of a series that the archive has.

import { compareVersions } from "./deb_version.ts";
import type { Release } from "./releases.ts";

export interface Package {
  readonly name: string;
  readonly version: string;
}

const CLOUD_IMAGE = /^linux-(?:image|binary)(?:-unsigned)?-(\d[^_]*-cloud-amd64)(?:-unsigned)?$/;

// What `uname -r` says in the kernel of that package: `6.1.0-50-cloud-amd64`. Undefined for another package or series.
export function kernelOf(name: string, release: Release): string | undefined {
  const kernel = CLOUD_IMAGE.exec(name)?.[1];
  if (kernel === undefined || !kernel.startsWith(release)) return undefined;
  return /^[.+~-]/.test(kernel.slice(release.length)) ? kernel : undefined;
}

// A suite carries several series, and several builds of one. The packages to fetch: the kernel's, and its modules' where they
// are apart (linux-image-* is an empty package then).
export function newestBuild(
  available: readonly Package[],
  release: Release,
): { readonly kernel: string; readonly packages: readonly Package[] } | undefined {
  const images = available.flatMap((found) => {
    const kernel = kernelOf(found.name, release);
    return kernel === undefined ? [] : [{ ...found, kernel }];
  });
  const newest = images.reduce<(typeof images)[number] | undefined>(
    (best, one) => (best === undefined || compareVersions(one.version, best.version) > 0 ? one : best),
    undefined,
  );
  if (newest === undefined) return undefined;
  const { kernel } = newest;
  const named = (name: string) =>
    available
      .filter((found) => found.name === name)
      .sort((a, b) => compareVersions(b.version, a.version))
      .at(0);
  const apart = named(`linux-modules-${kernel}`);
  const names = apart
    ? [`linux-binary-${kernel}`, `linux-binary-unsigned-${kernel}`]
    : [`linux-image-${kernel}`, `linux-image-${kernel}-unsigned`];
  const image = names.map(named).find((found) => found !== undefined);
  if (image === undefined) return undefined;
  const packages = [image, ...(apart ? [apart] : [])];
  return { kernel, packages: packages.map(({ name, version }) => ({ name, version })) };
}
