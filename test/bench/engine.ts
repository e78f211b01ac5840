// The simulated kernel's speed: faults, hits, fork, events and seeking.

import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../server/src/mm/abi.ts";
import { Kernel } from "../../server/src/mm/kernel.ts";
import { DEFAULT_MACHINE } from "../../server/src/mm/machine.ts";
import { DEFAULT_MODEL, MODELS } from "../../server/src/mm/models.ts";
import { boot, new_task, sys_fork, sys_mmap, user_read, user_write } from "../../server/src/mm/syscalls.ts";

const PAGES = 65536;
const SIZE = BigInt(PAGES) * 4096n;

export interface Engine {
  // Faults and hits a second, with the journal on.
  readonly anon: number;
  readonly cow: number;
  readonly hits: number;
  readonly forkNs: number;
  readonly bytesPerEvent: number;
  readonly eventsPerFault: number;
  // Milliseconds for a seek over a million events.
  readonly seekMs: number;
}

// The best of several rounds: the first ones run before the compiler has seen the code.
export function engine(rounds = 6): Engine {
  const all = Array.from({ length: rounds }, round);
  const most = (of: (one: Engine) => number) => Math.max(...all.map(of));
  const least = (of: (one: Engine) => number) => Math.min(...all.map(of));
  return {
    anon: most((one) => one.anon),
    cow: most((one) => one.cow),
    hits: most((one) => one.hits),
    forkNs: least((one) => one.forkNs),
    bytesPerEvent: all[0].bytesPerEvent,
    eventsPerFault: all[0].eventsPerFault,
    seekMs: least((one) => one.seekMs),
  };
}

function round(): Engine {
  const model = MODELS.get(DEFAULT_MODEL);
  if (!model) throw new Error("the default model is not simulated");
  const k = new Kernel(model, { ...DEFAULT_MACHINE, memory: 2 ** 33 });
  boot(k);
  const task = new_task(k, "main");
  const request = {
    length: SIZE,
    prot: 3,
    flags: MAP_PRIVATE | MAP_ANONYMOUS,
    file: undefined,
    offset: 0n,
    at: undefined,
  };
  const at = sys_mmap(k, task, request);
  if (typeof at !== "bigint") throw new Error(`mmap: ${at}`);
  const before = k.position;
  const anon = seconds(() => user_write(k, task, at, { byte: 1, length: SIZE }));
  const eventsPerFault = (k.position - before) / PAGES;
  const forked = seconds(() => sys_fork(k, task, "child"));
  const cow = seconds(() => user_write(k, task, at, { byte: 2, length: SIZE }));
  const hits = seconds(() => {
    for (let i = 0; i < 4; i++) user_read(k, task, at, SIZE);
  });
  const events = k.journal.length;
  const bytesPerEvent = k.journal.bytes / events;
  const span = Math.min(events, 1_000_000);
  const back = seconds(() => k.seek(events - span));
  const forth = seconds(() => k.seek(events));
  return {
    anon: PAGES / anon,
    cow: PAGES / cow,
    hits: (4 * PAGES) / hits,
    forkNs: (forked / PAGES) * 1e9,
    bytesPerEvent,
    eventsPerFault,
    seekMs: (Math.max(back, forth) * 1000 * 1_000_000) / span,
  };
}

function seconds(work: () => void): number {
  const began = performance.now();
  work();
  return (performance.now() - began) / 1000;
}
