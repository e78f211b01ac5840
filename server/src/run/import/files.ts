// Which file does a descriptor stand for, and how large is it?
//
// A log of %memory,%process names no open and no close: the same number 3 is the loader's cache, then libc, then a data file.
// With -y the path tells; with `-e trace=all` openat, memfd_create and fstat do; else a mapping tells a new file by its shape:
// a private mapping of offset 0 at a place of the kernel's choice is how a loader begins with a new library, and the same odd
// length in another process is the same library.

import { PAGE, pageUp } from "./abi.ts";
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
  /** Bytes of all files: what the page cache of the trace holds at most. */
  bytes = 0;

  /** By path, or by the shape that stands for it, so that the processes of a log share a library's pages. */
  private readonly byKey = new Map<string, MappedFile>();
  private readonly names: Names;

  constructor(names: Names) {
    this.names = names;
  }

  /** The file behind a descriptor that is being mapped; made, or made larger, when the trace has it not yet. */
  mapped(descriptors: Descriptors, use: FileUse): FileFound {
    const open = descriptors.open.get(use.fd);
    const path = use.path ?? open?.path ?? "";
    const key = path.startsWith("/") ? path : shape(use);
    const known = this.ofDescriptor(open, use) ?? (key === "" ? undefined : this.byKey.get(key));
    if (known === undefined) return this.made(descriptors, open, use, path, key);
    known.sharedWritable ||= use.shared && use.writable;
    descriptors.open.set(use.fd, { ...(open ?? unseen(path)), file: known });
    return { file: known, before: this.grow(known, pageUp(use.offset + use.length)) };
  }

  private made(
    descriptors: Descriptors,
    open: OpenFile | undefined,
    use: FileUse,
    path: string,
    key: string,
  ): FileFound {
    const memory = open?.memory ?? isMemory(path);
    const file: MappedFile = {
      name: this.names.unique(path === "" ? `f${use.fd}` : identifier(path)),
      size: open?.size ?? pageUp(use.offset + use.length),
      sizeKnown: open?.size !== undefined,
      sharedWritable: use.shared && use.writable,
      memory,
    };
    this.bytes += file.size;
    descriptors.open.set(use.fd, { ...(open ?? unseen(path)), file });
    if (key !== "") this.byKey.set(key, file);
    return { file, before: [declaration(file)] };
  }

  /** memfd_create(): a file of size 0 that the log will make larger itself. */
  memfd(descriptors: Descriptors, fd: number, name: string, closeOnExec: boolean, huge: boolean): MappedFile {
    const file: MappedFile = {
      name: this.names.unique(`memfd_${identifier(name)}`),
      ...(huge ? { huge } : {}),
      size: 0,
      sizeKnown: true,
      sharedWritable: false,
      memory: true,
    };
    descriptors.open.set(fd, { file, path: `memfd:${name}`, size: 0, seen: true, closeOnExec, memory: true });
    return file;
  }

  /** The line that makes a file at least `end` bytes long, when its size is the importer's own guess. */
  grow(file: MappedFile, end: number): string[] {
    if (file.sizeKnown || end <= file.size) return [];
    this.bytes += end - file.size;
    file.size = end;
    return [`ftruncate(${file.name}, ${size(end)})`];
  }

  /** The file that the descriptor stood for before, unless this mapping looks like that of another one. */
  private ofDescriptor(open: OpenFile | undefined, use: FileUse): MappedFile | undefined {
    const file = open?.file;
    if (open?.seen || use.path !== undefined) return open?.seen ? file : undefined;
    if (use.fixed || use.offset > 0) return file;
    return use.shared && file?.sharedWritable ? file : undefined;
  }
}

/**
 * Without a path, a private mapping of a whole file from its beginning is known by its odd length: the same library in each
 * process. A length of whole pages says too little.
 */
function shape(use: FileUse): string {
  const whole = !use.shared && !use.fixed && use.offset === 0 && use.length > PAGE && use.length % PAGE !== 0;
  return whole ? `${use.length} bytes` : "";
}

const unseen = (path: string): OpenFile => ({
  file: undefined,
  path,
  size: undefined,
  seen: false,
  closeOnExec: false,
  memory: isMemory(path),
});

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
