// What 4.19 answers, and what each later release changed, about VMAs: how they merge, move and are copied by fork.
// mm-semantics §5.2, §6.

import { reuses_by_children, reuses_by_degree } from "./anon_vma_rules.ts";
import type { Change } from "./history.ts";
import type { VmaRules } from "./model_vma.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_VMA: VmaRules = {
  anonVmaRule: "one missing and this side singular",
  reusesAnonVma: reuses_by_degree,
  forkOfCopiedPfnmap: "mistakes the frame",
  softDirtySticks: false,
  mprotectUncharges: false,
  brkKeepsApart: false,
  dontunmapAnonymousOnly: true,
  dontunmapLeaves: "anon_vma",
  dontunmapUnlocks: "the VMA",
  mremapChecksFirst: "addresses",
  mremapNeedsRoom: "none",
  mremapGrowthMerges: false,
  mremapMovesTables: "none",
  mremapRealigns: false,
};

export const VMA: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.7": [
    {
      since: "5.0",
      commits: ["2c91bd4a4e2e"],
      text: "mremap moves page tables of a PMD's worth as a whole.",
      rules: { mremapMovesTables: "pmd" },
    },
    {
      since: "5.2",
      commits: ["ea2c3f6f5545"],
      text: "mremap to a new address asks for room for more VMAs before it unmaps what is there.",
      rules: { mremapNeedsRoom: "moves" },
    },
  ],
  "5.10": [
    {
      since: "6.9",
      commits: ["04c35ab3bdae"],
      text: "fork of a private PFN mapping whose first page was copied is refused on x86, as the cache mode of the device cannot be found any more (stable 5.10.y has it too).",
      rules: { forkOfCopiedPfnmap: "EINVAL" },
    },
    {
      since: "6.0",
      commits: ["2555283eb40d"],
      text: "fork puts a child's pages into an anon_vma of its ancestors only when no VMA uses it: CVE-2022-42703 is closed (stable 5.10.y has it too).",
      rules: { reusesAnonVma: reuses_by_children },
    },
  ],
  "5.15": [
    {
      since: "3.7",
      commits: ["5180da410db6"],
      text: "fork takes the frame of the first page of a PFN mapping for the device's on x86, also if it is a copy: not what stable 5.10.y took over from 6.9.",
      rules: { forkOfCopiedPfnmap: "mistakes the frame" },
    },
    {
      since: "3.19",
      commits: ["7a3ef208e662"],
      text: "fork reuses anon_vmas by their degree: not what stable 5.10.y took over from 6.0.",
      rules: { reusesAnonVma: reuses_by_degree },
    },
    {
      since: "5.11",
      commits: ["c49dd3401802"],
      text: "mremap moves page tables of a PUD's worth as a whole.",
      rules: { mremapMovesTables: "pud" },
    },
    {
      since: "5.13",
      commits: ["a4609387859f"],
      text: "MREMAP_DONTUNMAP works on shared and file mappings too.",
      rules: { dontunmapAnonymousOnly: false },
    },
    {
      since: "5.13",
      commits: ["1583aa278f5f"],
      text: "A mapping that MREMAP_DONTUNMAP moved whole leaves a VMA without an anon_vma.",
      rules: { dontunmapLeaves: "no anon_vma" },
    },
  ],
  "5.17": [
    {
      since: "5.16",
      commits: ["550a7d60bd5e"],
      text: "mremap looks for the VMA before it unmaps anything.",
      rules: { mremapChecksFirst: "the VMA" },
    },
  ],
  "6.1": [
    {
      since: "6.9",
      commits: ["04c35ab3bdae"],
      text: "fork of a private PFN mapping whose first page was copied is refused on x86, as the cache mode of the device cannot be found any more (stable 6.1.y has it too).",
      rules: { forkOfCopiedPfnmap: "EINVAL" },
    },
    {
      since: "6.0",
      commits: ["2555283eb40d"],
      text: "fork puts a child's pages into an anon_vma of its ancestors only when no VMA uses it: CVE-2022-42703 is closed.",
      rules: { reusesAnonVma: reuses_by_children },
    },
    {
      since: "6.0",
      commits: ["ca3d76b0aa80"],
      text: "A mapping that mremap grew in place merges with the one that it now touches.",
      rules: { mremapGrowthMerges: true },
    },
    {
      since: "6.1",
      commits: ["2e7ce7d354f2"],
      text: "The heap never merges with what lies below its start, and shrinks only where there is a heap.",
      rules: { brkKeepsApart: true },
    },
    {
      since: "7.2",
      commits: [],
      text: "The VMA that MREMAP_DONTUNMAP leaves is like one that never faulted, its page offset natural again (stable 6.1.y has it too).",
      rules: { dontunmapLeaves: "an unfaulted VMA" },
    },
  ],
  "6.6": [
    {
      since: "3.7",
      commits: ["5180da410db6"],
      text: "fork takes the frame of the first page of a PFN mapping for the device's on x86, also if it is a copy: not what stable 6.1.y took over from 6.9.",
      rules: { forkOfCopiedPfnmap: "mistakes the frame" },
    },
    {
      since: "5.13",
      commits: ["1583aa278f5f"],
      text: "What MREMAP_DONTUNMAP leaves keeps its page offset: not what stable 6.1.y took over from a later release.",
      rules: { dontunmapLeaves: "no anon_vma" },
    },
  ],
  "6.8": [
    {
      since: "6.7",
      commits: ["9b9143298585"],
      text: "mprotect to read-only gives back the commit charge of memory that was never touched, so that it merges with memory that was mapped read-only.",
      rules: { mprotectUncharges: true },
    },
    {
      since: "6.7",
      commits: ["af8ca1c14906"],
      text: "mremap widens a range to the start of its page table when nothing else lives there, to move the table whole.",
      rules: { mremapRealigns: true },
    },
  ],
  "6.10": [
    {
      since: "6.9",
      commits: ["04c35ab3bdae"],
      text: "fork of a private PFN mapping whose first page was copied is refused on x86, as the cache mode of the device cannot be found any more.",
      rules: { forkOfCopiedPfnmap: "EINVAL" },
    },
  ],
  "6.18": [
    {
      since: "6.16",
      commits: [],
      text: "A PFN mapping remembers the cache mode of its device on x86, so fork copies it whatever its first page is.",
      rules: { forkOfCopiedPfnmap: "copies" },
    },
    {
      since: "6.16",
      commits: ["879bca0a2c4f"],
      text: "Anonymous VMAs merge unless the one that has faulted is a fork child's.",
      rules: { anonVmaRule: "the side that has one is no fork child" },
    },
    {
      since: "6.17",
      commits: ["d23cb648e365"],
      text: "mremap checks everything before it unmaps anything, and moves a range of several VMAs when it changes no size.",
      rules: { mremapChecksFirst: "everything" },
    },
  ],
  "7.2": [
    {
      since: "6.19",
      commits: ["6707915e030a"],
      text: "A VMA that merges with one whose pages all count as soft-dirty counts so, too.",
      rules: { softDirtySticks: true },
    },
    {
      since: "7.2",
      commits: [],
      text: "The VMA that MREMAP_DONTUNMAP leaves is like one that never faulted, its page offset natural again.",
      rules: { dontunmapLeaves: "an unfaulted VMA" },
    },
    {
      since: "7.2",
      commits: [],
      text: "MREMAP_DONTUNMAP of a part of a locked VMA unlocks that part alone.",
      rules: { dontunmapUnlocks: "the range" },
    },
    {
      since: "7.2",
      commits: [],
      text: "mremap asks first of all whether the address space may have the VMAs that it may need for a while.",
      rules: { mremapNeedsRoom: "all" },
    },
  ],
};
