// What a look at the simulated machine shows, at the kernel's cursor.

import { VM_EXEC, VM_READ, VM_SHARED, VM_WRITE } from "../../mm/flags.ts";
import type { Kernel } from "../../mm/kernel.ts";
import { livePins, liveTasks, mmOf, vmasOf } from "../../mm/observe.ts";
import { NO_PAGE } from "../../mm/page_alloc.ts";
import {
  PTE_ACCESSED,
  PTE_DIRTY,
  PTE_PRESENT,
  PTE_SOFT_DIRTY,
  PTE_SPECIAL,
  PTE_WRITE,
  pte_pfn,
  walk_ptes,
} from "../../mm/pgtable.ts";
import { smaps } from "../../mm/smaps.ts";
import { is_migration_entry, is_swap_entry, PTE_SWP_EXCLUSIVE, PTE_SWP_WRITE } from "../../mm/swapops.ts";
import { is_shmem } from "../../mm/vm_ops.ts";
import type { Recording } from "../recording.ts";
import { hugeMappings } from "../table_view.ts";
import type { EntryLook, FrameLook, Look, ResultLook, SmapsSum, SpaceLook, VmaLook } from "./look.ts";
import { framesOf } from "./simulated_frame.ts";

// What a step of the recording came to. The kernel's cursor is left behind the step.
export function simulatedResult(recording: Recording, step: number): ResultLook {
  const { steps, kernel: k } = recording;
  const { words, errno, signal, value } = steps.outcome(step);
  const { min_flt, maj_flt } = k.w.task;
  const task = steps.task(step);
  k.seek(steps.start(step));
  const before = [min_flt.data[task], maj_flt.data[task]];
  k.seek(steps.end(step));
  return {
    outcome: words.filter((word) => word !== "ok" && word !== errno),
    unsure: [],
    minorFaults: min_flt.data[task] - before[0],
    majorFaults: maj_flt.data[task] - before[1],
    errno,
    signal,
    address: typeof value === "object" && value?.kind === "address" ? Number(value.at) : undefined,
  };
}

// What mappings are of, which decides how an outcome is called; `start` and `end` are addresses.
export interface Backing {
  readonly start: number;
  readonly end: number;
  readonly kind: "anon" | "file" | "shmem";
}

export function simulatedLook(k: Kernel): Look {
  const frame = framesOf(k);
  return {
    spaces: liveTasks(k)
      .filter((task) => mmOf(k, task) >= 0)
      .map((task) => spaceLook(k, task, frame)),
    pins: livePins(k).map((pin) => ({
      pin,
      pages: Array.from(k.side.pinPages[pin], (pfn) => (pfn === NO_PAGE ? undefined : frame(pfn))),
    })),
    machine: {
      swapUsed: k.w.machine.swap_used.data[0],
      hugetlbFree: k.w.machine.free_huge_pages.data[0],
      hugetlbReserved: k.w.machine.resv_huge_pages.data[0],
      hugetlbSurplus: 0,
    },
  };
}

// The mappings of a task's address space.
export function backingsOf(k: Kernel, task: number): Backing[] {
  const { start, end, file } = k.w.vma;
  return vmasOf(k, mmOf(k, task)).map((row) => ({
    start: start.data[row] * k.pageSize,
    end: end.data[row] * k.pageSize,
    kind: file.data[row] === 0 ? "anon" : is_shmem(k, file.data[row] - 1) ? "shmem" : "file",
  }));
}

function spaceLook(k: Kernel, task: number, frame: (pfn: number) => FrameLook): SpaceLook {
  const mm = mmOf(k, task);
  const { start, end } = k.w.vma;
  const entries: EntryLook[] = [];
  const vmas: VmaLook[] = [];
  for (const row of vmasOf(k, mm)) {
    vmas.push({ start: start.data[row] * k.pageSize, end: end.data[row] * k.pageSize, permissions: rights(k, row) });
    walk_ptes(
      k,
      mm,
      start.data[row],
      end.data[row],
      (_row, vpn, entry) => {
        entries.push(entryLook(k, vpn * k.pageSize, "pte", entry, frame));
      },
      (_pmd, first, _from, _to, entry) => {
        entries.push(entryLook(k, first * k.pageSize, "pmd", entry, frame));
      },
    );
  }
  const { rss_anon, rss_file, rss_shmem, rss_swap, pgtables_bytes, hugetlb_usage, mm_id } = k.w.mm;
  return {
    worker: task,
    vmas,
    entries,
    rssAnon: rss_anon.data[mm],
    rssFile: rss_file.data[mm],
    rssShmem: rss_shmem.data[mm],
    swap: rss_swap.data[mm],
    pageTables: pgtables_bytes.data[mm],
    hugetlb: hugetlb_usage.data[mm],
    smaps: smapsSum(k, mm),
    mmId: mm_id.data[mm],
  };
}

function smapsSum(k: Kernel, mm: number): SmapsSum {
  const { pss, uss } = smaps(k, mm);
  const { AnonHugePages, ShmemPmdMapped, FilePmdMapped } = hugeMappings(k, mm);
  return {
    mappings: 1,
    pss: Math.floor(pss / 1024),
    uss: uss * (k.pageSize / 1024),
    anonHuge: AnonHugePages / 1024,
    shmemHuge: ShmemPmdMapped / 1024,
    fileHuge: FilePmdMapped / 1024,
  };
}

// As show_vma_header_prefix() prints them, fs/proc/task_mmu.c.
function rights(k: Kernel, vma: number): string {
  const flags = k.w.vma.flags.data[vma];
  return [
    flags & VM_READ ? "r" : "-",
    flags & VM_WRITE ? "w" : "-",
    flags & VM_EXEC ? "x" : "-",
    flags & VM_SHARED ? "s" : "p",
  ].join("");
}

function entryLook(
  k: Kernel,
  address: number,
  level: "pte" | "pmd",
  entry: number,
  frame: (pfn: number) => FrameLook,
): EntryLook {
  const present = (entry & PTE_PRESENT) !== 0;
  const of = (bit: number) => (present ? (entry & bit) !== 0 : undefined);
  const pfn = pte_pfn(entry);
  return {
    address,
    level,
    kind: present ? "present" : is_swap_entry(entry) ? "swap" : is_migration_entry(entry) ? "migration" : "marker",
    writable: of(PTE_WRITE),
    dirty: of(PTE_DIRTY),
    accessed: of(PTE_ACCESSED),
    special: of(PTE_SPECIAL),
    softDirty: (entry & PTE_SOFT_DIRTY) !== 0,
    exclusive: present || !k.model.anonExclusive ? undefined : (entry & (PTE_SWP_EXCLUSIVE | PTE_SWP_WRITE)) !== 0,
    frame: present ? frame(pfn) : undefined,
    rest: present && level === "pmd" ? Array.from({ length: k.hpageNr - 1 }, (_, i) => frame(pfn + 1 + i)) : [],
  };
}
