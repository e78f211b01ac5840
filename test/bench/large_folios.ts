// Huge pages in bulk: what a fault records, how long a split takes, and fork of 1 GiB of them, mapped whole and by PTEs.

import { analyse } from "../../server/src/lang/document.ts";
import { DEFAULT_MODEL } from "../../server/src/mm/models.ts";
import { split_pmd, sys_fork } from "../../server/src/mm/syscalls.ts";
import { run } from "../../server/src/run/run.ts";
import type { Row } from "./table.ts";

const LIMITS = { events: 2 ** 31, bytes: 2 ** 35, milliseconds: 600_000 };
const HUGE = 2n ** 21n;
const FOLIOS = 512;

export function largeFolios(): Row[] {
  const rounds = [round(), round(), round()];
  const least = (of: (one: Round) => number) => Math.min(...rounds.map(of));
  return [
    {
      name: "events of a huge page's first write",
      value: least((one) => one.eventsPerFault),
      unit: "events",
      aim: "O(1)",
    },
    { name: "split of a PMD, 512 in a row, each", value: least((one) => one.splitMs), unit: "ms", aim: "≤ 1" },
    { name: "fork of 1 GiB of huge pages that PMDs map", value: least((one) => one.forkMs), unit: "ms", aim: "≤ 20" },
    {
      name: "fork of 1 GiB of huge pages that PTEs map",
      value: least((one) => one.forkPtesMs),
      unit: "ms",
      aim: "≤ 500",
    },
  ];
}

interface Round {
  readonly eventsPerFault: number;
  readonly splitMs: number;
  readonly forkMs: number;
  readonly forkPtesMs: number;
}

// The journal is on.
function round(): Round {
  const { program } = analyse("machine memory=4G thp=always\np = mmap(1G)\nwrite(p, 1)\nwrite(p, 1, 1G)\n");
  const recording = run(program, { model: DEFAULT_MODEL, limits: LIMITS });
  const { kernel: k, steps, failures, limit } = recording;
  if (limit || failures.length > 0) throw new Error(limit?.message ?? failures[0].message);
  const anon = k.w.mm.rss_anon.data[0];
  const tables = k.rows(k.w.folio);
  if (anon !== FOLIOS * k.hpageNr || tables < FOLIOS) throw new Error("not all of it is huge pages");
  const start = BigInt(k.w.vma.start.data[0] * k.pageSize);
  const forkMs = milliseconds(() => forked(k, "mapped-whole"));
  const splitMs = milliseconds(() => {
    for (let i = 0; i < FOLIOS; i++) split_pmd(k, 0, start + BigInt(i) * HUGE);
  });
  const forkPtesMs = milliseconds(() => forked(k, "mapped-by-ptes"));
  return { eventsPerFault: steps.end(1) - steps.end(0), splitMs: splitMs / FOLIOS, forkMs, forkPtesMs };
}

function forked(k: Parameters<typeof sys_fork>[0], name: string): void {
  const child = sys_fork(k, 0, name);
  if (typeof child === "string") throw new Error(`fork: ${child}`);
}

function milliseconds(work: () => void): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
