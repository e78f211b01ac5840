// Processes and their address spaces: made, ended, replaced. kernel/fork.c, kernel/exit.c, fs/exec.c.

import type { Errno } from "./abi.ts";
import { PG_uptodate, PG_zero } from "./flags.ts";
import { condition, kernelFunction } from "./frames.ts";
import { mm_put_huge_zero_folio } from "./huge_zero.ts";
import { hugetlb_hstate_alloc_pages } from "./hugetlb_pool.ts";
import { INIT_TASK, type Kernel, KTHREAD } from "./kernel.ts";
import { mm_alloc_id, mm_free_id } from "./mm_ids.ts";
import { FIRST_PFN, ZERO_PFN } from "./page_alloc.ts";
import { free_pgd_range, pgd_alloc, pgd_free } from "./pgtable.ts";
import { release_pins_of } from "./pins.ts";
import { vma_unlink } from "./vma.ts";
import { unmap_drains_lru, unmap_page_range, ZAP_ALL } from "./zap.ts";

// The machine as it is before the first operation: no process, one page of zeroes.
export const boot = kernelFunction("start_kernel", "init/main.c", (k: Kernel) => {
  const { machine, page } = k.w;
  k.create(machine);
  hugetlb_hstate_alloc_pages(k);
  k.ensure(page, FIRST_PFN);
  k.set(machine.next_pfn, 0, FIRST_PFN);
  k.set(page._refcount, ZERO_PFN, 1);
  k.set(page.flags, ZERO_PFN, PG_zero | PG_uptodate);
});

// An empty address space with one user, and a number of its own where the release has them. -1 when memory, or the
// numbers, are used up. Mirrors mm_alloc() with mm_init(), kernel/fork.c.
export function mm_alloc(k: Kernel): number {
  const mm = k.create(k.w.mm);
  if (pgd_alloc(k, mm) < 0) return -1;
  if (!mm_alloc_id(k, mm)) {
    pgd_free(k, mm);
    return -1;
  }
  k.set(k.w.mm.users, mm, 1);
  return mm;
}

// A process of the trace's own making: `main` and `process NAME`. It is init that makes it. -1 when memory is used up.
export function new_task(k: Kernel, name: string): number {
  k.current = INIT_TASK;
  const mm = mm_alloc(k);
  k.current = KTHREAD;
  return mm < 0 ? -1 : task_of(k, name, mm, -1);
}

// A task that runs in the address space. parent is a task row or -1.
export function task_of(k: Kernel, name: string, mm: number, parent: number): number {
  const { task } = k.w;
  const row = k.create(task);
  k.side.taskNames[row] = name;
  k.set(task.mm, row, mm + 1);
  k.set(task.parent, row, parent + 1);
  k.set(task.alive, row, 1);
  return row;
}

// The process ends: its address space loses a user, and io_uring's buffers go with its files.
// Mirrors do_exit(), kernel/exit.c.
export const sys_exit = kernelFunction("do_exit", "kernel/exit.c", (k: Kernel, task: number): 0 => {
  const mm = k.w.task.mm.data[task] - 1;
  if (mm >= 0) mmput(k, mm);
  k.set(k.w.task.mm, task, 0);
  release_pins_of(k, task);
  k.set(k.w.task.alive, task, 0);
  return 0;
});

// A new, empty address space replaces the old one. Mirrors exec_mmap(), fs/exec.c. Descriptors stay open.
export const sys_execve = kernelFunction("exec_mmap", "fs/exec.c", (k: Kernel, task: number): 0 | Errno => {
  const mm = mm_alloc(k);
  if (mm < 0) return "ENOMEM";
  const old = k.w.task.mm.data[task] - 1;
  k.set(k.w.task.mm, task, mm + 1);
  mmput(k, old);
  return 0;
});

// One user more, who works in the address space of somebody else. Mirrors mmget(), include/linux/sched/mm.h.
export function mmget(k: Kernel, mm: number): void {
  k.add(k.w.mm.users, mm, 1);
}

// One user less; the last one takes everything down. Mirrors mmput(), kernel/fork.c.
export function mmput(k: Kernel, mm: number): void {
  k.add(k.w.mm.users, mm, -1);
  if (k.w.mm.users.data[mm] !== 0) return;
  exit_mmap(k, mm);
  if (RESIDENT.some(({ counter }) => k.w.mm[counter].data[mm] !== 0)) check_mm(k, mm);
}

const RESIDENT = (
  [
    ["rss_file", "MM_FILEPAGES"],
    ["rss_anon", "MM_ANONPAGES"],
    ["rss_swap", "MM_SWAPENTS"],
    ["rss_shmem", "MM_SHMEMPAGES"],
  ] as const
).map(([counter, type]) => ({ counter, bad: condition(`BUG: Bad rss-counter state type:${type}`, "val") }));

// Nothing is mapped any more, so nothing may be counted; the kernel's log tells of what is. Mirrors check_mm(), kernel/fork.c, 5.10.
const check_mm = kernelFunction("check_mm", "kernel/fork.c", (k: Kernel, mm: number) => {
  for (const { counter, bad } of RESIDENT) {
    const val = k.w.mm[counter].data[mm];
    if (val !== 0) k.decide(bad, val, true);
  }
});

// Unmaps all VMAs and frees all page tables. Mirrors exit_mmap(), mm/mmap.c.
export const exit_mmap = kernelFunction("exit_mmap", "mm/mmap.c", (k: Kernel, mm: number) => {
  const { vma } = k.w;
  const vmas = [...k.vmas.of(mm)];
  if (vmas.length > 0) unmap_drains_lru(k);
  for (const row of vmas) unmap_page_range(k, row, vma.start.data[row], vma.end.data[row], ZAP_ALL);
  if (vmas.length > 0) unmap_drains_lru(k);
  for (const [i, row] of vmas.entries()) {
    // A table that the next VMA uses as well is freed with that one (free_pgtables).
    const ceiling = i + 1 < vmas.length ? vma.start.data[vmas[i + 1]] : Number.POSITIVE_INFINITY;
    free_pgd_range(k, mm, vma.start.data[row], vma.end.data[row], 0, ceiling);
  }
  for (const row of vmas) vma_unlink(k, row);
  pgd_free(k, mm);
  mm_free_id(k, mm);
  mm_put_huge_zero_folio(k, mm);
});
