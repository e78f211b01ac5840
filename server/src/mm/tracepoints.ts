// Tracepoints: what happened that changes no field. The names are the kernel's (include/trace/events).
export const TRACEPOINTS = {
  page_fault_user: "page_fault_user", // row = task, from = virtual page number, to = FAULT_FLAG_* bits
  mm_page_alloc: "mm_page_alloc_failed", // row = 0, from = pages wanted, to = pages free
  signal_generate: "signal_generate", // row = task, from = signal number, to = virtual page number
  mark_victim: "mark_victim", // row = task, from = oom_badness() in pages
  oom_kill: "oom_kill", // row = task: SIGKILL from the OOM killer
} as const;
export type Tracepoint = keyof typeof TRACEPOINTS;
