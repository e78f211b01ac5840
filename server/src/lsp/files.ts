// The traces in the workspace's folders, on a machine with files.

import { readdir, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Files, TraceFile } from "./host.ts";

// A folder that large is no folder of traces; what lies beyond is left to the command line.
const MOST_FILES = 2000;
export const files: Files = {
  async traces(folders) {
    const found = new Map<string, TraceFile>();
    for (const folder of folders) {
      if (folder.startsWith("file:")) await collect(fileURLToPath(folder), found);
    }
    return { files: [...found.values()], cut: found.size >= MOST_FILES };
  },
  async read(uri) {
    try {
      return await readFile(fileURLToPath(uri), "utf8");
    } catch {
      // Gone between the listing and now.
      return undefined;
    }
  },
};

async function collect(folder: string, found: Map<string, TraceFile>): Promise<void> {
  // A folder that cannot be read holds nothing for us.
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (found.size >= MOST_FILES) return;
    if (entry.name.startsWith(".") || entry.name === "node_modules") continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await collect(path, found);
    else if (entry.isFile() && entry.name.endsWith(".mmtrace")) {
      const { mtimeMs, size } = await stat(path).catch(() => ({ mtimeMs: 0, size: 0 }));
      const uri = pathToFileURL(path).href;
      found.set(uri, { uri, stamp: `${mtimeMs}-${size}`, bytes: size });
    }
  }
}
