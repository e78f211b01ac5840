// How long 100,000 pages take to go to swap and to come back, with the journal on.

import { MAP_ANONYMOUS, MAP_PRIVATE } from "../../server/src/mm/abi.ts";
import { Kernel } from "../../server/src/mm/kernel.ts";
import { DEFAULT_MACHINE } from "../../server/src/mm/machine.ts";
import { DEFAULT_MODEL, MODELS } from "../../server/src/mm/models.ts";
import { boot, new_task, swapout, sys_mmap, user_read, user_write } from "../../server/src/mm/syscalls.ts";

const SIZE = 100_000n * 4096n;

// Milliseconds, the best of several rounds.
export function swapping(rounds = 3): number {
  return Math.min(...Array.from({ length: rounds }, round));
}

function round(): number {
  const model = MODELS.get(DEFAULT_MODEL);
  if (!model) throw new Error("the default model is not simulated");
  const k = new Kernel(model, { ...DEFAULT_MACHINE, memory: 2 ** 30, swap: 2 ** 30 });
  boot(k);
  const task = new_task(k, "main");
  const flags = MAP_PRIVATE | MAP_ANONYMOUS;
  const request = { length: SIZE, prot: 3, flags, file: undefined, offset: 0n, at: undefined };
  const at = sys_mmap(k, task, request);
  if (typeof at !== "bigint") throw new Error(`mmap: ${at}`);
  user_write(k, task, at, { byte: 1, length: SIZE });
  const began = performance.now();
  swapout(k, task, at, SIZE);
  user_read(k, task, at, SIZE);
  const took = performance.now() - began;
  if (k.w.mm.rss_anon.data[0] !== 100_000) throw new Error("not every page came back");
  return took;
}
