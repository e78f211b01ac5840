// The machine's C compiler and kernel, for tests of programs that are exported.

import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { release, tmpdir } from "node:os";
import { join } from "node:path";
import { SIMULATED } from "../../server/src/lang/models.ts";
import { compareReleases, type ModelName, releaseOf } from "../../server/src/mm/releases.ts";

const STRICT = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];

export const hasCompiler = process.platform === "linux" && spawnSync("cc", ["--version"]).status === 0;

// The newest model that is not newer than this kernel; undefined where there is none.
export function hostModel(): ModelName | undefined {
  if (process.platform !== "linux") return undefined;
  const [host] = /^\d+\.\d+/.exec(release()) ?? ["0"];
  return SIMULATED.filter((model) => releaseOf(model) !== undefined && compareReleases(model, host) <= 0).at(-1);
}

// What the compiler complains about in all of these programs, as one text; empty when they are fine.
export function complaints(programs: ReadonlyMap<string, string>): string {
  return inFolder((folder) => {
    const paths = [...programs].map(([name, text]) => {
      const path = join(folder, `${name.replaceAll(/[^\w.-]/g, "_")}.c`);
      writeFileSync(path, text);
      return path;
    });
    return spawnSync("cc", [...STRICT, "-fsyntax-only", ...paths], { encoding: "utf8" }).stderr;
  });
}

// Compiles a program with optimisation, runs it, and gives what it printed.
export function ran(text: string): { readonly status: number | null; readonly out: string } {
  return inFolder((folder) => {
    writeFileSync(join(folder, "a.c"), text);
    execFileSync("cc", [...STRICT, "-O2", "-o", "a", "a.c"], { cwd: folder, stdio: "pipe" });
    const { status, stdout } = spawnSync(join(folder, "a"), { encoding: "utf8", timeout: 60_000 });
    return { status, out: stdout };
  });
}

function inFolder<T>(act: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "mmtrace-cc-"));
  try {
    return act(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
