// What of the world is counted when rounds of a repeat are compared: the counters that have an end, and the resources that the
// machine runs out of. mm-semantics §9.

import type { Kernel } from "../../mm/kernel.ts";
import { free_pages } from "../../mm/page_alloc.ts";
import { refcount_wraps } from "../../mm/page_ref.ts";
import type { Field } from "../../mm/world.ts";

// One counter of one object, as a number: its field's id and its row.
export type Cell = number;
const ROWS = 2 ** 40;

export function cellOf(field: number, row: number): Cell {
  return field * ROWS + row;
}

export function rowOf(cell: Cell): number {
  return cell % ROWS;
}

export function fieldOf(cell: Cell): number {
  return Math.floor(cell / ROWS);
}

export interface Counter {
  readonly field: Field;
  // As the language calls it.
  readonly name: string;
  // The largest number that it may hold in this row; Infinity where nothing ends. `own` is what the trace's machine gives.
  most(k: Kernel, row: number): number;
  own(k: Kernel, row: number, bits: { readonly refcount: number; readonly mapcount: number }): number;
  // What happens above it.
  // Its end is no end but a turn, so that rounds are not steady as long as it grows: a batch that will be emptied.
  readonly turns?: true;
  readonly beyond: "wraps" | "is refused" | "is counted no longer" | "ENOMEM";
}

// Fields of which each row is a counter of its own.
export function counters(k: Kernel): Counter[] {
  const { page, folio, mm } = k.w;
  const mapcount = (field: Field, name: string): Counter => ({
    field,
    name,
    most: () => k.mapcountEnd - 1,
    own: (_k, _row, bits) => 2 ** (bits.mapcount - 1) - 1,
    beyond: "wraps",
  });
  const short = k.geometry.wide ? 2 ** 31 - 1 : 2 ** 15 - 1;
  const fixed = (field: Field, name: string, most: number, beyond: Counter["beyond"]): Counter => ({
    field,
    name,
    most: () => most,
    own: () => most,
    beyond,
  });
  return [
    {
      field: page._refcount,
      name: "refcount",
      most: (_k, row) => refcountMost(k, row, k.refcountEnd),
      own: (_k, row, bits) => refcountMost(k, row, 2 ** (bits.refcount - 1)),
      beyond: k.model.refcountFailsEarly ? "is refused" : "wraps",
    },
    mapcount(page._mapcount, "mapcount"),
    mapcount(folio._entire_mapcount, "entire_mapcount"),
    mapcount(folio._large_mapcount, "large_mapcount"),
    fixed(folio._pincount, "pincount", 2 ** 31 - 1, "wraps"),
    fixed(folio._mm_id_mapcount0, "mm_id0_mapcount", short, "is counted no longer"),
    fixed(folio._mm_id_mapcount1, "mm_id1_mapcount", short, "is counted no longer"),
    // mmap() asks whether there are more than max_map_count before it adds one.
    fixed(mm.map_count, "vmas", k.machine.max_map_count + 1, "ENOMEM"),
    { ...fixed(k.w.batch.count, "LRU batch", Number.POSITIVE_INFINITY, "wraps"), turns: true },
    // More entries than swap_map's six bits count go to continuation pages.
    fixed(k.w.swap.count, "swap count", Number.POSITIVE_INFINITY, "wraps"),
  ];
}

function refcountMost(k: Kernel, folio: number, end: number): number {
  if (!refcount_wraps(k, folio)) return Number.POSITIVE_INFINITY;
  return k.model.refcountFailsEarly ? end / 2 : end - 1;
}

export interface Resource {
  readonly name: string;
  // How much of it there is.
  readonly most: number;
  readonly unit: string;
  // Whether nothing but the rounds uses it up or gives it back: of memory reclaim does, and a page table for every 512 pages more.
  readonly exact: boolean;
  // Its use is the sum of these columns' rows, each with its sign.
  readonly terms: readonly (readonly [Field, 1 | -1])[];
  used(): number;
}

// Process ids from 1 on, below PID_MAX_LIMIT, to which pid_max can be raised. include/linux/threads.h, alloc_pid().
const PIDS_WIDE = 2 ** 22 - 1;
const PIDS_NARROW = 2 ** 15 - 1;

export function resources(k: Kernel): Resource[] {
  const { machine, task } = k.w;
  return [
    {
      name: "memory",
      most: k.totalPages,
      unit: "pages",
      exact: false,
      terms: [
        [machine.next_pfn, 1],
        [machine.free_pages, -1],
        [machine.hugetlb_frames, -1],
      ],
      used: () => k.totalPages - free_pages(k),
    },
    {
      name: "swap",
      most: Math.floor(k.machine.swap / k.pageSize),
      unit: "slots",
      exact: false,
      terms: [[machine.swap_used, 1]],
      used: () => machine.swap_used.data[0],
    },
    {
      name: "hugetlb pool",
      most: k.machine.hugetlb_pages,
      unit: "huge pages",
      exact: true,
      terms: [[machine.free_huge_pages, -1]],
      used: () => machine.nr_huge_pages.data[0] - machine.free_huge_pages.data[0],
    },
    {
      name: "process ids",
      most: k.geometry.wide ? PIDS_WIDE : PIDS_NARROW,
      unit: "processes",
      exact: true,
      terms: [[task.alive, 1]],
      used: () => {
        let alive = 0;
        for (let row = 0; row < k.rows(task); row++) alive += task.alive.data[row];
        return alive;
      },
    },
  ];
}
