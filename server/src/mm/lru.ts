// The LRU batches of the CPU. With `machine lru_batch=off`, the only setting that is simulated yet, a fresh page goes to
// the LRU at once and no batch holds a reference. mm/swap.c; mm-semantics §1.3.

import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";

export const lru_add_drain = kernelFunction("lru_add_drain", "mm/swap.c", (_k: Kernel): 0 => 0);
