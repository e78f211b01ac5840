// Who counts a fault, and as what: the task's min_flt and maj_flt. mm/memory.c.

import { FAULT_FLAG_ALLOW_RETRY, FAULT_FLAG_TRIED } from "./abi.ts";
import type { Kernel } from "./kernel.ts";
import { MAJOR, MINOR } from "./outcome.ts";

// Counts a fault that is done; flags are those of its last try, waited says that one of its tries waited for the disk.
// Mirrors mm_account_fault(), mm/memory.c, 6.12. Before 5.9 the architecture's handler and faultin_page() counted, and
// they looked at VM_FAULT_MAJOR alone, faultin_page() of the last try (counted). The outcome's words say what happened, not what was counted.
export function mm_account_fault(k: Kernel, task: number, flags: number, waited: boolean, counted = waited): void {
  k.outcome |= waited ? MAJOR : MINOR;
  count_fault(k, task, counted || (k.model.retriedFaultsAreMajor && (flags & FAULT_FLAG_TRIED) !== 0));
}

// One more fault of the task.
export function count_fault(k: Kernel, task: number, major: boolean): void {
  k.add(major ? k.w.task.maj_flt : k.w.task.min_flt, task, 1);
}

// The handler may give up the lock to wait, and have the fault tried again: once. Mirrors fault_flag_allow_retry_first(),
// include/linux/mm.h, 6.12, by which maybe_unlock_mmap_for_io(), mm/internal.h, too decides to give up the lock.
export function fault_flag_allow_retry_first(flags: number): boolean {
  return (flags & (FAULT_FLAG_ALLOW_RETRY | FAULT_FLAG_TRIED)) === FAULT_FLAG_ALLOW_RETRY;
}
