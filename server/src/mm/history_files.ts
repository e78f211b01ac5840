// What 4.19 answers, and what each later release changed, about the holes and the ends of files.

import type { Change } from "./history.ts";
import type { FileRules } from "./model_files.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_FILES: FileRules = {
  removeAsksMayWrite: false,
  fallocateModesExclude: false,
  punchHoleWrites: true,
  holesCutWholeBlocks: true,
  growthZeroesTail: "no",
};

export const FILES: Partial<Record<ReleaseName, readonly Change[]>> = {
  "6.1": [
    {
      since: "6.7",
      commits: ["e8e17ee90eaf"],
      text: "MADV_REMOVE follows a shared mapping that mprotect made read-only (stable 6.1.y has it too).",
      rules: { removeAsksMayWrite: true },
    },
  ],
  "6.6": [
    {
      since: "2.6.16",
      commits: ["f6b3ec238d12"],
      text: "MADV_REMOVE asks for a mapping that is writable now: not what stable 6.1.y took over from 6.7.",
      rules: { removeAsksMayWrite: false },
    },
  ],
  "6.8": [
    {
      since: "6.7",
      commits: ["e8e17ee90eaf"],
      text: "MADV_REMOVE follows a shared mapping that mprotect made read-only.",
      rules: { removeAsksMayWrite: true },
    },
  ],
  "6.12": [
    {
      since: "6.12",
      commits: [],
      text: "fallocate refuses modes that do not go together with EOPNOTSUPP, where it gave EINVAL.",
      rules: { fallocateModesExclude: true },
    },
    {
      since: "6.13",
      commits: [],
      text: "A file that grows has its last page zeroed behind the old end, which makes the page dirty; fallocate brings the page of the new end into the page cache, too (stable 6.12.y has it too).",
      rules: { growthZeroesTail: "both ends" },
    },
    {
      since: "6.14",
      commits: [],
      text: "A hole in a file is punched without writing its dirty pages back before (stable 6.12.y has it too).",
      rules: { punchHoleWrites: false },
    },
    {
      since: "6.14",
      commits: [],
      text: "A hole in the first page of a file unmaps all pages behind it (stable 6.12.y has it too).",
      rules: { holesCutWholeBlocks: false },
    },
  ],
  "7.2": [
    {
      since: "7.2",
      commits: [],
      text: "fallocate that lets a file grow zeroes the page of the old end alone, as ftruncate does.",
      rules: { growthZeroesTail: "old end" },
    },
  ],
};
