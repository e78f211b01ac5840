// The language's speed: reading a long text, and running statements one by one.

import { analyse } from "../../server/src/lang/document.ts";
import { DEFAULT_MODEL } from "../../server/src/mm/models.ts";
import { run } from "../../server/src/run/run.ts";
import { longTrace } from "./dap.ts";
import type { Row } from "./table.ts";

const LINES = 100_000;
const ROUNDS = 200_000;

export function language(): Row[] {
  const text = longTrace(LINES);
  const read = best(3, () => analyse(text));
  const loop = `machine memory=4G\np = mmap(2G, rw, private|anonymous)\nrepeat ${ROUNDS} as i\nwrite(p[i], 1)\nend\n`;
  const { program } = analyse(loop);
  const ran = best(3, () => run(program, { model: DEFAULT_MODEL }));
  return [
    { name: "analyse a trace", value: LINES / read, unit: "lines/s" },
    { name: "one statement a fault, in a repeat", value: ROUNDS / ran, unit: "statements/s" },
  ];
}

// Seconds of the fastest of several goes.
function best(goes: number, work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let i = 0; i < goes; i++) {
    const began = performance.now();
    work();
    least = Math.min(least, (performance.now() - began) / 1000);
  }
  return least;
}
