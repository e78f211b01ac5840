// Base pages in bulk: fork of a large process, and a long random trace with its invariants checked.

import { analyse } from "../../server/src/lang/document.ts";
import { DEFAULT_MODEL, MODELS } from "../../server/src/mm/models.ts";
import { sys_fork } from "../../server/src/mm/syscalls.ts";
import { traceOf } from "../../server/src/run/fuzz/author.ts";
import { choicesOf } from "../../server/src/run/fuzz/choice.ts";
import { random } from "../../server/src/run/fuzz/random.ts";
import { run } from "../../server/src/run/run.ts";
import type { Row } from "./table.ts";

const LIMITS = { events: 2 ** 31, bytes: 2 ** 35, milliseconds: 600_000 };

// `operations` of the random trace. All of its events are kept, about 15 an operation: the limits are raised, and nothing
// is forgotten while it runs. Fewer measure the same for each operation, sooner.
export function basePages(operations = 1_000_000): Row[] {
  return [
    {
      name: "fork of 262,144 mapped pages, journal on",
      value: Math.min(forked(), forked(), forked()),
      unit: "ms",
      aim: "≤ 500",
    },
    {
      name: `random trace of ${operations.toLocaleString("en-US")} operations, invariants checked after each`,
      value: randomTrace(operations),
      unit: "s",
      aim: "≤ 60",
    },
  ];
}

// Milliseconds.
function forked(): number {
  const { program } = analyse("machine memory=4G\np = mmap(1G)\nwrite(p, 1, 1G)\n");
  const { kernel, failures, limit } = run(program, { model: DEFAULT_MODEL, limits: LIMITS });
  if (limit || failures.length > 0) throw new Error(limit?.message ?? failures[0].message);
  const began = performance.now();
  const child = sys_fork(kernel, 0, "child");
  if (typeof child === "string") throw new Error(`fork: ${child}`);
  return performance.now() - began;
}

// Seconds; the trace is written before the clock starts.
function randomTrace(operations: number): number {
  const model = MODELS.get(DEFAULT_MODEL);
  if (!model) throw new Error("the default model is not simulated");
  const { program } = analyse(traceOf(model, choicesOf(random(1)), { most: operations }));
  const began = performance.now();
  const recording = run(program, { model: DEFAULT_MODEL, limits: LIMITS, checkInvariants: true });
  if (recording.limit) throw new Error(recording.limit.message);
  const took = (performance.now() - began) / 1000;
  if (recording.failed) throw new Error(recording.failures[0].message);
  return took;
}
