// The OOM killer: who has to go when an allocation finds no memory, not even by reclaim. mm/oom_kill.c.
//
// What a killed process leaves is free at once, so the allocation is tried again. Only when the killer chooses the
// process that allocates, the allocation fails: a fault then comes to OOM, a system call to ENOMEM.

import { kernelFunction } from "./frames.ts";
import { type Kernel, KTHREAD } from "./kernel.ts";
import { sys_exit } from "./tasks.ts";

// Kills the largest process. True when memory may have become free. The kernel's own work kills nobody: it allocates with
// __GFP_NORETRY or __GFP_RETRY_MAYFAIL. Mirrors out_of_memory(), mm/oom_kill.c, 6.12.
export const out_of_memory = kernelFunction("out_of_memory", "mm/oom_kill.c", (k: Kernel): boolean => {
  if (k.current === KTHREAD) return false;
  const victim = select_bad_process(k);
  return victim >= 0 && oom_kill_process(k, k.model.oomPrefersChildren ? largest_child(k, victim) : victim);
});

// What would become free with the process: its resident pages, what it has in swap, its page tables. -1 for one that is
// not asked: it is dead, or a vfork child that runs in its parent's memory. Mirrors oom_badness(), mm/oom_kill.c, 6.12;
// every oom_score_adj is 0.
function oom_badness(k: Kernel, task: number): number {
  const { task: t, mm: m } = k.w;
  const mm = t.mm.data[task] - 1;
  if (t.alive.data[task] === 0 || mm < 0 || in_vfork(k, task)) return -1;
  // get_mm_counter() takes a counter below 0 for 0.
  const rss = [m.rss_file, m.rss_anon, m.rss_shmem].reduce((sum, { data }) => sum + Math.max(0, data[mm]), 0);
  return rss + m.rss_swap.data[mm] + m.pgtables_bytes.data[mm] / k.pageSize;
}

// Mirrors in_vfork(), include/linux/sched/mm.h.
function in_vfork(k: Kernel, task: number): boolean {
  const { task: t } = k.w;
  const parent = t.parent.data[task] - 1;
  return t.vfork.data[task] !== 0 && parent >= 0 && t.mm.data[parent] === t.mm.data[task];
}

// The process with the most; of several the last one that was made, before 5.4 the first one (f168a9a54ec3).
// Mirrors select_bad_process() with oom_evaluate_task(), mm/oom_kill.c, 6.12.
function select_bad_process(k: Kernel): number {
  let chosen = -1;
  let most = k.model.oomPrefersChildren ? 0 : -1;
  for (const task of k.live.tasks.rows()) {
    const points = oom_badness(k, task);
    if (points < 0 || points < most || (points === most && chosen >= 0 && k.model.oomPrefersChildren)) continue;
    chosen = task;
    most = points;
  }
  return chosen;
}

// Until 5.0 a child with memory of its own is killed in its parent's place: the largest one.
// Mirrors oom_kill_process(), mm/oom_kill.c, 4.19 (until bbbe48029720, 5.1).
function largest_child(k: Kernel, parent: number): number {
  const { task: t } = k.w;
  let victim = parent;
  let most = 0;
  for (const task of k.live.tasks.rows()) {
    if (t.parent.data[task] !== parent + 1 || t.mm.data[task] === t.mm.data[parent]) continue;
    const points = oom_badness(k, task);
    if (points <= most) continue;
    victim = task;
    most = points;
  }
  return victim;
}

// Kills the victim and every other process that runs in its memory. Returns whether that memory is free now: it is not
// where the process that allocates runs or works in it; whether that one dies is then told by what it does.
// Mirrors __oom_kill_process(), mm/oom_kill.c, 6.12.
const oom_kill_process = kernelFunction("oom_kill_process", "mm/oom_kill.c", (k: Kernel, victim: number): boolean => {
  const { task: t, mm: m } = k.w;
  const mm = t.mm.data[victim];
  k.trace("mark_victim", victim, oom_badness(k, victim), 0);
  for (const task of k.live.tasks.rows()) {
    if (t.alive.data[task] === 0 || t.mm.data[task] !== mm || task === k.current) continue;
    k.trace("oom_kill", task, 0, 0);
    sys_exit(k, task);
    k.killed.push(task);
  }
  return m.users.data[mm - 1] === 0;
});
