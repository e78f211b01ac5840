// The scenes that are searched: a memory, the machine that it is on, and the operations that may come upon it.

import type { MachineOverrides } from "../machine.ts";
import { type Act, crowds, fork, kernelWork, reads, references, releases, splits, unmaps, writes } from "./act.ts";
import { MAIN } from "./stage.ts";

export interface Scene {
  readonly name: SceneName;
  // What it is, for people.
  readonly title: string;
  readonly machine: MachineOverrides;
  // Pages of the memory.
  readonly pages: number;
  readonly length: string;
  readonly acts: readonly Act[];
  // What can go wrong here: with the references, or with their counter.
  readonly about: "references" | "counter";
}

export type SceneName = "page" | "page-disk" | "page-batch" | "thp" | "crowd" | "crowd-thp";

const PAGE_ACTS: readonly Act[] = [
  fork(),
  ...writes(0),
  ...reads(),
  ...references(),
  ...releases(),
  ...kernelWork("4K"),
  ...unmaps("4K", 1),
];

const PAGE = { pages: 1, length: "4K", acts: PAGE_ACTS, about: "references" } as const;

// Five times so many are one less than the values of a counter of eight bits.
const CROWD = 51;

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
    about: "references",
  },
  {
    name: "crowd",
    title: "one page with a counter of eight bits",
    machine: { refcount_bits: "8" },
    pages: 1,
    length: "4K",
    acts: [fork(), ...crowds(CROWD), ...writes(0).filter(({ who }) => who === MAIN), ...unmaps("4K", 1)],
    about: "counter",
  },
  {
    name: "crowd-thp",
    title: "one huge page with a counter of eight bits",
    machine: { thp: "always", refcount_bits: "8" },
    pages: 512,
    length: "2M",
    acts: [fork(), ...crowds(CROWD), ...unmaps("2M", 512)],
    about: "counter",
  },
];
