// The same work on the machine's own kernel: native.c, compiled with the machine's cc.

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Native {
  // Faults a second.
  readonly anon: number;
  readonly cow: number;
  // Nanoseconds for each PTE that fork copies.
  readonly forkNs: number;
}

// The best of five runs, or why there is none (no compiler, no Linux).
export function native(): Native | string {
  const folder = mkdtempSync(join(tmpdir(), "mmtrace-bench-"));
  try {
    const program = join(folder, "native");
    const source = new URL("native.c", import.meta.url).pathname;
    const compiled = spawnSync(process.env.CC ?? "cc", ["-O2", "-o", program, source], { encoding: "utf8" });
    if (compiled.status !== 0) return `cc: ${compiled.error?.message ?? compiled.stderr.trim()}`;
    const runs: Native[] = [];
    for (let i = 0; i < 5; i++) {
      const ran = spawnSync(program, { encoding: "utf8" });
      if (ran.status !== 0) return `native: exit status ${ran.status}`;
      runs.push(JSON.parse(ran.stdout) as Native);
    }
    return {
      anon: Math.max(...runs.map((run) => run.anon)),
      cow: Math.max(...runs.map((run) => run.cow)),
      forkNs: Math.min(...runs.map((run) => run.forkNs)),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
