// Which file does a descriptor stand for, and how large is it?
//
// A log of %memory,%process names no open and no close: the same number 3 is the loader's cache, then libc, then a data file.
// With -y the path tells; with `-e trace=all` openat, memfd_create and fstat do; else a mapping tells a new file by its shape:
// a private mapping of offset 0 at a place of the kernel's choice is how a loader begins with a new library.

import { pageUp } from "./abi.ts";
import { hex, identifier, type Names, size } from "./names.ts";
import type { Descriptors, OpenFile } from "./process.ts";
import type { MappedFile } from "./space.ts";

export interface FileUse {
  readonly fd: number;
  readonly path: string | undefined;
  readonly shared: boolean;
  readonly writable: boolean;
  readonly fixed: boolean;
  readonly offset: number;
  readonly length: number;
}

/** The lines that must stand before the mapping, and the file that it maps. */
export interface FileFound {
  readonly file: MappedFile;
  readonly before: readonly string[];
}

export class Files {
  /** With -y: the file of each path, so that two descriptors of one path share their pages. */
  private readonly byPath = new Map<string, MappedFile>();

  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  /** The file behind a descriptor that is being mapped; made, or made larger, when the trace has it not yet. */
  mapped(descriptors: Descriptors, use: FileUse): FileFound {
    const open = descriptors.open.get(use.fd);
    const known = this.known(open, use);
    const end = pageUp(use.offset + use.length);
    if (known !== undefined) {
      known.sharedWritable ||= use.shared && use.writable;
      return { file: known, before: this.grow(known, end) };
    }
    const path = use.path ?? open?.path ?? "";
    const memory = open?.memory ?? isMemory(path);
    const bytes = open?.size ?? end;
    const file: MappedFile = {
      name: this.names.unique(path === "" ? `f${use.fd}` : identifier(path)),
      path: path === "" ? `descriptor ${use.fd}` : path,
      size: bytes,
      sizeKnown: open?.size !== undefined,
      sharedWritable: use.shared && use.writable,
      memory,
    };
    descriptors.open.set(use.fd, {
      file,
      path,
      size: open?.size,
      seen: open?.seen ?? false,
      closeOnExec: open?.closeOnExec ?? false,
      memory,
    });
    if (use.path !== undefined) this.byPath.set(use.path, file);
    return { file, before: [declaration(file)] };
  }

  /** memfd_create(): a file of size 0 that the log will make larger itself. */
  memfd(descriptors: Descriptors, fd: number, name: string, closeOnExec: boolean): MappedFile {
    const file: MappedFile = {
      name: this.names.unique(`memfd_${identifier(name)}`),
      path: `memfd:${name}`,
      size: 0,
      sizeKnown: true,
      sharedWritable: false,
      memory: true,
    };
    descriptors.open.set(fd, { file, path: file.path, size: 0, seen: true, closeOnExec, memory: true });
    return file;
  }

  /** The line that makes a file at least `end` bytes long, when its size is the importer's own guess. */
  grow(file: MappedFile, end: number): string[] {
    if (file.sizeKnown || end <= file.size) return [];
    file.size = end;
    return [`ftruncate(${file.name}, ${size(end)})`];
  }

  private known(open: OpenFile | undefined, use: FileUse): MappedFile | undefined {
    const file = open?.file;
    if (open?.seen && file !== undefined) return file;
    if (use.path !== undefined) return this.byPath.get(use.path);
    if (file === undefined || open?.seen) return file;
    if (use.fixed || use.offset > 0) return file;
    return use.shared && file.sharedWritable ? file : undefined;
  }
}

/** How a file comes into the trace. What a real program maps was nearly always in the page cache already. */
export function declaration(file: MappedFile): string {
  return file.memory
    ? `${file.name} = memfd(${size(file.size)})`
    : `${file.name} = file(${size(file.size)}, cached=yes)`;
}

/** Files of tmpfs: their pages are shmem. */
const isMemory = (path: string): boolean => path.startsWith("/memfd:") || path.startsWith("/dev/shm/");

/** `0` stays short, an offset is best read in hexadecimal. */
export const offsetText = (offset: number): string => (offset === 0 ? "0" : hex(offset));
