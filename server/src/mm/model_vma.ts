// The rules in which kernels differ about VMAs: how they merge, move and are copied by fork.
// What each release answers stands in history_vma.ts.

import type { Kernel } from "./kernel.ts";

export interface VmaRules {
  // Whether VMAs whose anon_vmas differ may merge; 0 stands for no anon_vma, chain for the number of anon_vmas that a
  // VMA is linked to (more than one: a fork child). is_mergeable_anon_vma(), mm-semantics §6.2.
  readonly anonVmaRule: "one missing and this side singular" | "the side that has one is no fork child";

  // Whether fork may put the child's pages into this anon_vma (row + 1) of the parent's chain instead of a new one;
  // active is the parent's own. anon_vma_clone(), mm/rmap.c; mm-semantics §13, bug 23.
  readonly reusesAnonVma: (k: Kernel, anon_vma: number, active: number) => boolean;

  // What fork makes of a private PFN mapping whose first page was copied, on x86, where the cache mode of the mapping
  // is read off its first entry: it takes the copy's frame for the device's; refuses with EINVAL (6.9, 04c35ab3bdae);
  // or remembers the mode with the mapping (6.16). track_pfn_copy(), arch/x86/mm/pat/memtype.c; mm-semantics §13 #25.
  readonly forkOfCopiedPfnmap: "mistakes the frame" | "EINVAL" | "copies";

  // A VMA that merges with one whose pages count as written counts so, too (6.19, 6707915e030a); before, it is as the VMA
  // that the call is about. VM_STICKY, include/linux/mm.h.
  readonly softDirtySticks: boolean;

  // mprotect to read-only gives back the commit charge of memory that was never touched (6.7, 9b9143298585), so
  // that the VMA merges with a neighbour that was mapped read-only.
  readonly mprotectUncharges: boolean;

  // The heap never merges with what lies below its start, and shrinks only where there is a heap (6.1, 2e7ce7d354f2).
  readonly brkKeepsApart: boolean;

  // MREMAP_DONTUNMAP is for private anonymous memory only (5.7 to 5.12).
  readonly dontunmapAnonymousOnly: boolean;

  // What MREMAP_DONTUNMAP leaves of a source VMA that it moved whole: an anon_vma without pages (up to 5.12), no
  // anon_vma, or a VMA like one that never faulted, its pgoff natural again too. dontunmap_complete(), mm/mremap.c, 7.2.
  readonly dontunmapLeaves: "anon_vma" | "no anon_vma" | "an unfaulted VMA";

  // Whether MREMAP_DONTUNMAP of a part of a locked VMA unlocks that part alone, or the whole VMA.
  readonly dontunmapUnlocks: "the VMA" | "the range";

  // What mremap has looked at before it unmaps anything: the addresses alone, the first VMA, or all conditions (6.17, when
  // it also came to move a range of several VMAs that changes no size).
  readonly mremapChecksFirst: "addresses" | "the VMA" | "everything";

  // Which calls of mremap need room for the VMAs that a move may make for a while before anything is unmapped: none, so that a
  // move notices too late (until 5.2, ea2c3f6f5545), those to a new address, or also those that move nothing (7.2).
  readonly mremapNeedsRoom: "none" | "moves" | "all";

  // A mapping that mremap grew in place merges with the one that it now touches (6.0, ca3d76b0aa80).
  readonly mremapGrowthMerges: boolean;

  // The largest page-table page that mremap moves whole instead of entry by entry (a PMD's worth: 5.0, 2c91bd4a4e2e; a
  // PUD's: 5.11).
  readonly mremapMovesTables: "none" | "pmd" | "pud";

  // mremap widens a range to the start of its page table when nothing else lives there, to move it whole (6.7).
  readonly mremapRealigns: boolean;
}
