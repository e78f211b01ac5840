// Counters of an address space: resident pages by kind, as /proc/PID/status shows them.

import { PG_anon, PG_swapbacked } from "./flags.ts";
import type { Kernel } from "./kernel.ts";
import type { Field } from "./world.ts";

export function add_mm_counter(k: Kernel, mm: number, counter: Field, pages: number): void {
  k.set(counter, mm, counter.data[mm] + pages);
}

// The counter that a mapped folio belongs to. Mirrors mm_counter(), include/linux/mm.h: anonymous, else shmem when the
// folio is swap-backed, else file.
export function mm_counter(k: Kernel, pfn: number): Field {
  return k.w.page.flags.data[pfn] & PG_anon ? k.w.mm.rss_anon : mm_counter_file(k, pfn);
}

// Mirrors mm_counter_file(), include/linux/mm.h.
export function mm_counter_file(k: Kernel, pfn: number): Field {
  return k.w.page.flags.data[pfn] & PG_swapbacked ? k.w.mm.rss_shmem : k.w.mm.rss_file;
}
