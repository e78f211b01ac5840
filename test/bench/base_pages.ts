// Base pages in bulk: fork of a large process, a round through swap, and a long random trace with its invariants checked.

import { analyse } from "../../server/src/lang/document.ts";
import { DEFAULT_MODEL, MODELS } from "../../server/src/mm/models.ts";
import { run } from "../../server/src/run/run.ts";
import { type Choice, traceOf } from "../property/random_traces.ts";
import type { Row } from "./table.ts";

const LIMITS = { events: 2 ** 31, bytes: 2 ** 35, milliseconds: 600_000 };

// `operations` of the random trace. All of its events are kept, about 16 an operation: the limits are raised, and nothing
// is forgotten while it runs. Fewer measure the same for each operation, sooner.
export function basePages(operations = 1_000_000): Row[] {
  const head = "machine memory=4G swap=1G\n";
  const forked = `${head}p = mmap(1G)\nwrite(p, 1, 1G)\n`;
  const swapped = `${head}p = mmap(400000K)\nwrite(p, 1, 400000K)\n`;
  return [
    {
      name: "fork of 262,144 mapped pages, journal on",
      value: apart(forked, "child = fork()\n"),
      unit: "ms",
      aim: "≤ 500",
    },
    {
      name: "swapout and swapin of 100,000 pages",
      value: apart(swapped, "swapout(p)\nread(p, 400000K)\n"),
      unit: "ms",
      aim: "≤ 1,000",
    },
    {
      name: `random trace of ${operations.toLocaleString("en-US")} operations, invariants checked after each`,
      value: randomTrace(operations),
      unit: "s",
      aim: "≤ 60",
    },
  ];
}

// Milliseconds that the last lines take, the best of three.
function apart(before: string, lines: string): number {
  const times = [0, 1, 2].map(() => milliseconds(before + lines, before));
  return Math.min(...times);
}

function milliseconds(text: string, before: string): number {
  const took = (trace: string) => {
    const { program } = analyse(trace);
    const began = performance.now();
    const recording = run(program, { model: DEFAULT_MODEL, limits: LIMITS });
    if (recording.failed || recording.limit)
      throw new Error(recording.failures[0]?.message ?? recording.limit?.message);
    return performance.now() - began;
  };
  const without = took(before);
  return Math.max(0, took(text) - without);
}

// Seconds; the trace is written before the clock starts.
function randomTrace(operations: number): number {
  const model = MODELS.get(DEFAULT_MODEL);
  if (!model) throw new Error("the default model is not simulated");
  const { program } = analyse(traceOf(model, made(), undefined, operations));
  const began = performance.now();
  const recording = run(program, { model: DEFAULT_MODEL, limits: LIMITS, checkInvariants: true });
  if (recording.limit) throw new Error(recording.limit.message);
  const took = (performance.now() - began) / 1000;
  if (recording.failed) throw new Error(recording.failures[0].message);
  return took;
}

// The same choices each time (xorshift32), without end.
function* made(): Generator<Choice> {
  let state = 1;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % 10_000;
  };
  while (true) yield { op: next(), picks: Array.from({ length: 10 }, next) };
}
