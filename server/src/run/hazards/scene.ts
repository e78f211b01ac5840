// The scenes that are searched: a memory, the machine that it is on, and the operations that may come upon it.

import type { MachineOverrides } from "../machine.ts";
import { type Act, fork, kernelWork, reads, references, releases, splits, unmaps, writes } from "./act.ts";

export interface Scene {
  readonly name: SceneName;
  // What it is, for people.
  readonly title: string;
  readonly machine: MachineOverrides;
  // Pages of the memory.
  readonly pages: number;
  readonly length: string;
  readonly acts: readonly Act[];
}

export type SceneName = "page" | "page-disk" | "page-batch" | "thp";

const PAGE_ACTS: readonly Act[] = [
  fork(),
  ...writes(0),
  ...reads(),
  ...references(),
  ...releases(),
  ...kernelWork("4K"),
  ...unmaps("4K", 1),
];

const PAGE = { pages: 1, length: "4K", acts: PAGE_ACTS } as const;

export const SCENES: readonly Scene[] = [
  { ...PAGE, name: "page", title: "one page", machine: {} },
  { ...PAGE, name: "page-disk", title: "one page, swap on a disk", machine: { swap_device: "disk" } },
  { ...PAGE, name: "page-batch", title: "one page, LRU batches on", machine: { lru_batch: "on" } },
  {
    name: "thp",
    title: "one huge page",
    machine: { thp: "always" },
    pages: 512,
    length: "2M",
    acts: [
      fork(),
      ...writes(0),
      ...writes(1),
      ...reads(),
      ...references(),
      ...releases(),
      ...kernelWork("2M"),
      ...splits(),
      ...unmaps("4K", 1),
      ...unmaps("2M", 512),
    ],
  },
];
