// The rules in which kernels differ about the references and pins that get_user_pages() takes, and what fork does about them.
// What each release answers stands in history_pins.ts.

import type { Kernel } from "./kernel.ts";

export interface PinRules {
  // Whether a read-only GUP must unshare the page first; pfn is undefined where vm_normal_page() gives no page.
  // gup_must_unshare(), mm-semantics §4.4.
  readonly gupMustUnshare: (k: Kernel, vma: number, flags: number, pfn: number | undefined) => boolean;

  // Whether GUP may follow an entry without the write bit for FOLL_WRITE|FOLL_FORCE; cowed says that do_wp_page() has
  // broken COW for this call (FOLL_COW). can_follow_write_pte(), mm-semantics §4.6.
  readonly canFollowForced: (k: Kernel, entry: number, pfn: number | undefined, cowed: boolean) => boolean;

  // An mm remembers that it was ever pinned (5.9, 008cfe4418b3).
  readonly mmHasPinned: boolean;

  // A long-term pin for writing needs a mapping whose file does not track dirty pages (6.5, 8ac268436e6d).
  readonly longtermNeedsUntrackedFile: boolean;

  // get_user_pages() refuses FOLL_LONGTERM, which only pins may have (5.10). is_valid_gup_flags(), mm/gup.c, 5.10.
  readonly longtermNeedsPin: boolean;

  // O_DIRECT pins its pages (FOLL_PIN) instead of referencing them (FOLL_GET): 6.5, a7e689dd1c06.
  readonly oDirectPins: boolean;

  // What FOLL_PIN adds to the counter of a small folio: 1024 from 5.7 on (3faa52c03f44), before as much as FOLL_GET.
  readonly pinBias: number;

  // Which large folios count their pins for themselves, each page pinned as one reference and one pin: those of order 2 and
  // more (3faa52c03f44), all (5.18, 5232c63f46fd), or on 32 bits again those of order 2 and more (6.15).
  // folio_has_pincount(), include/linux/mm.h; mm-semantics §1.6.
  readonly pincountFrom: "order 2" | "order 1" | "order 1 with 64 bits";

  // A reference for reading (FOLL_GET or FOLL_PIN) to a page of a COW mapping faults as for a write first (5.8 alone,
  // 17839856fd58; a308c71bf1e6 took it back). should_force_cow_break(), mm/gup.c, 5.8.
  readonly gupBreaksCow: boolean;

  // GUP and tee(2) take no reference to a page whose counter is not positive, as it has overflowed (5.1, f958d7b528b1).
  // try_get_page(), include/linux/mm.h; mm-semantics §4.7, §13 #13.
  readonly refusesOverflow: boolean;

  // FOLL_PIN of the zero page counts on it (until 6.5, c8070b787519).
  readonly pinsZeroPage: boolean;

  // A reference to memory below a stack makes the stack grow (until 6.4; find_extend_vma(), mm/gup.c, 5.10).
  readonly gupGrowsStacks: boolean;

  // pin_user_pages() passes over an entry without a page, and tells its caller nothing of the hole that it left in the
  // list of pages (until 5.17; from 5.18 on the list ends there, or the call with EEXIST: 65462462ffb2). FOLL_GET is
  // EFAULT then. follow_pfn_pte(), mm/gup.c.
  readonly gupPassesPfns: boolean;

  // Whether fork gives the child a copy of the page at once, as the parent's may be pinned. mm-semantics §3.3.
  readonly forkCopiesPinned: (k: Kernel, mm: number, pfn: number) => boolean;

  // fork does so with a page of the page cache as well, which a private mapping shows: the child gets an anonymous copy
  // (5.9 to 5.18; fb3d824d1a46). mm-semantics §13, bug 27.
  readonly forkCopiesPinnedCache: boolean;

  // clear_refs leaves pages alone that may be pinned (5.11, 9348b73c2e1b; in 5.10.y). pte_is_pinned().
  readonly clearRefsSkipsPinned: boolean;

  // io_uring refuses buffers in mappings of ordinary files, after it has pinned them (until 6.1).
  readonly ioUringRefusesFiles: boolean;

  // A registered buffer that is one large folio keeps one reference to it (6.4, 57bebf807e2a), or one that is several of one
  // size one to each (6.12, a8edbb424b13). io_try_coalesce_buffer(), io_uring/rsrc.c; mm-semantics, measured 21.
  readonly ioUringCoalesces: "no" | "one folio" | "folios";

  // io_uring takes a buffer of up to 1 TiB in place of 1 GiB (7.x, seen in 7.2.13). io_validate_user_buf_range(),
  // io_uring/rsrc.c.
  readonly ioUringTakesTebibyte: boolean;
}
