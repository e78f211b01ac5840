// What a model is: a record of the rules in which kernels differ. The subsystems ask the model and never compare releases.

import type { Kernel } from "./kernel.ts";
import type { ModelName } from "./releases.ts";

export interface Model {
  readonly name: ModelName;

  // PG_anon_exclusive exists: a page can be known to belong to one address space alone (5.19, 6c287605fd56).
  readonly anonExclusive: boolean;

  // Whether a write fault may make the small anonymous page writable in place. do_wp_page(), mm-semantics §2.4, §7.0.
  readonly reuseAnonSmall: (k: Kernel, vma: number, pfn: number) => boolean;

  // Whether a read-only GUP must unshare the page first; pfn is undefined where vm_normal_page() gives no page.
  // gup_must_unshare(), mm-semantics §4.4.
  readonly gupMustUnshare: (k: Kernel, vma: number, flags: number, pfn: number | undefined) => boolean;

  // Whether GUP may follow an entry without the write bit for FOLL_WRITE|FOLL_FORCE; faulted says that a write fault of
  // this call has already broken COW. can_follow_write_pte(), mm-semantics §4.6.
  readonly canFollowForced: (k: Kernel, entry: number, pfn: number | undefined, faulted: boolean) => boolean;

  // FOLL_PIN of the zero page counts on it (until 6.5, c8070b787519).
  readonly pinsZeroPage: boolean;

  // Whether fork gives the child a copy of the page at once, as the parent's may be pinned. mm-semantics §3.3.
  readonly forkCopiesPinned: (k: Kernel, mm: number, pfn: number) => boolean;

  // Whether mprotect to a writable protection makes this entry writable at once. Called for entries without the write
  // bit in a VMA that allows writing. can_change_pte_writable(), mm-semantics §5.3.
  readonly mprotectUpgrades: (k: Kernel, vma: number, entry: number, pfn: number | undefined) => boolean;

  // A writable entry that a read fault makes for a dirty page of the page cache is dirty. set_pte_range(), mm/memory.c.
  readonly readFaultKeepsDirty: boolean;

  // io_uring refuses buffers in mappings of ordinary files, after it has pinned them (until 6.1).
  readonly ioUringRefusesFiles: boolean;

  // MADV_POPULATE_READ and _WRITE: unknown before 5.14; later, what they do at a hole in the range (mm-semantics, measured 8).
  readonly populateAdvice: "unknown" | "passes holes" | "stops at holes";

  // Whether VMAs whose anon_vmas differ may merge; 0 stands for no anon_vma, chain for the number of anon_vmas that a
  // VMA is linked to (more than one: a fork child). is_mergeable_anon_vma(), mm-semantics §6.2.
  readonly anonVmaRule: "one missing and this side singular" | "the side that has one is no fork child";

  // MREMAP_DONTUNMAP is for private anonymous memory only (5.7 to 5.12).
  readonly dontunmapAnonymousOnly: boolean;

  // mremap moves a range of several VMAs when it changes no size (6.17).
  readonly mremapMovesManyVmas: boolean;

  // Anonymous mappings of at least a PMD are placed at a multiple of it: always, only when their length is one, or not.
  // thp_get_unmapped_area() from mmap(), 6.7.
  readonly mmapAlignsLarge: "no" | "yes" | "multiples";
}
