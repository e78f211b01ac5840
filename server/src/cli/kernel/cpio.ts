// Writes a cpio archive in the "newc" format, which the kernel unpacks as its first file system. The same files give the same
// bytes: owner, times and inode numbers are fixed. Format: Documentation/driver-api/early-userspace/buffer-format.rst.

export interface CpioFile {
  // Without a leading slash; the folders on the way are added.
  readonly path: string;
  readonly content: Uint8Array;
  readonly executable?: boolean;
}

const FOLDER = 0o040755;
const PLAIN = 0o100644;
const EXECUTABLE = 0o100755;

export function cpioOf(files: readonly CpioFile[]): Uint8Array {
  const folders = new Set<string>();
  for (const { path } of files) {
    const parts = path.split("/");
    for (let length = 1; length < parts.length; length += 1) folders.add(parts.slice(0, length).join("/"));
  }
  const parts: Uint8Array[] = [];
  let inode = 1;
  for (const path of [...folders].sort()) parts.push(...entry(path, FOLDER, new Uint8Array(0), inode++));
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  for (const { path, content, executable } of sorted) {
    parts.push(...entry(path, executable ? EXECUTABLE : PLAIN, content, inode++));
  }
  parts.push(...entry("TRAILER!!!", 0, new Uint8Array(0), 0));
  return Buffer.concat(parts);
}

// The header's fields in their order: ino mode uid gid nlink mtime filesize devmajor devminor rdevmajor rdevminor namesize check.
function entry(path: string, mode: number, content: Uint8Array, inode: number): Uint8Array[] {
  const name = Buffer.from(`${path}\0`);
  const links = mode === FOLDER ? 2 : 1;
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, name.length, 0];
  const header = Buffer.from(
    `070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, "0")).join("")}`,
  );
  return [header, name, padding(header.length + name.length), content, padding(content.length)];
}

// Names and contents end on a multiple of four bytes.
function padding(length: number): Uint8Array {
  return new Uint8Array((4 - (length % 4)) % 4);
}
