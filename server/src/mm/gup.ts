// get_user_pages() and pin_user_pages(): references to the pages behind addresses. mm/gup.c; mm-semantics §4.

import {
  type Errno,
  FAULT_FLAG_ALLOW_RETRY,
  FAULT_FLAG_TRIED,
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_WRITE,
  FOLL_FAST_ONLY,
  FOLL_FORCE,
  FOLL_GET,
  FOLL_LONGTERM,
  FOLL_MADV_POPULATE,
  FOLL_NOFAULT,
  FOLL_PIN,
  FOLL_TOUCH,
  FOLL_UNLOCKABLE,
  FOLL_WRITE,
} from "./abi.ts";
import { count_fault, mm_account_fault } from "./account_fault.ts";
import {
  VM_FAULT_HWPOISON,
  VM_FAULT_MAJOR,
  VM_FAULT_OOM,
  VM_FAULT_RETRY,
  VM_FAULT_SIGBUS,
  VM_FAULT_SIGSEGV,
  VM_FAULT_WRITE,
} from "./fault.ts";
import {
  PG_dirty,
  VM_ACCESS_FLAGS,
  VM_HUGETLB,
  VM_IO,
  VM_LOCKED,
  VM_MAYREAD,
  VM_PFNMAP,
  VM_READ,
  VM_SHARED,
  VM_WRITE,
} from "./flags.ts";
import { folio_test_hugetlb, folio_test_large, large_folio, page_folio } from "./folio.ts";
import { condition, kernelFunction } from "./frames.ts";
import { gup_fast_page, gup_fast_pte_range } from "./gup_fast.ts";
import type { Kernel } from "./kernel.ts";
import { leafAt } from "./leaf.ts";
import { folio_mark_accessed, lru_add_drain, mlock_folio } from "./lru.ts";
import { handle_mm_fault } from "./memory.ts";
import { gup_locks, vma_locks } from "./mlock_vma.ts";
import { is_refpage, is_zero_page, vm_normal_page } from "./normal_page.ts";
import { MAJOR, MINOR } from "./outcome.ts";
import { NO_PAGE, ZERO_PFN } from "./page_alloc.ts";
import {
  folio_has_pincount,
  folio_put_refs,
  folio_ref_add,
  folio_ref_count,
  pin_refs,
  refuses_refs,
} from "./page_ref.ts";
import { PTE_ACCESSED, PTE_DIRTY, PTE_PRESENT, PTE_SOFT_DIRTY, PTE_WRITE, pte_pfn, pte_with } from "./pgtable.ts";
import { refused } from "./refused.ts";
import { pte_needs_soft_dirty_wp } from "./soft_dirty.ts";
import { lock_mm_and_find_vma } from "./stack.ts";
import { folio_mark_dirty, vm_ops } from "./vm_ops.ts";
import { is_cow_mapping, vma_is_anonymous } from "./vma.ts";

const CAN_FOLLOW_WRITE = condition("pte_write(pte)", "writable");
const VMA_ALLOWS = condition("check_vma_flags(vma, gup_flags) == 0", "vm_flags");
const FORCES_COW_BREAK = condition("should_force_cow_break(vma, foll_flags)", "vm_flags");
const PFN_ENTRY = condition("pte_special(pte)", "special");
const REF_POSITIVE = condition("folio_ref_count(folio) > 0", "refcount");
const NOT_ALLOWED = condition("check_vma_flags(vma, gup_flags)", "vm_flags");

// The frames behind [start, start + pages), each with a reference when FOLL_GET or FOLL_PIN is set. Stops at the first
// page that cannot be had and returns those before it, or the errno when there is none.
// Mirrors __get_user_pages(), mm/gup.c, 6.12.
export const __get_user_pages = kernelFunction(
  "__get_user_pages",
  "mm/gup.c",
  (k: Kernel, task: number, mm: number, start: number, pages: number, flags: number): number[] | Errno => {
    const got: number[] = [];
    // Set for good, also when the pin fails: mm_set_has_pinned_flag().
    if (flags & FOLL_PIN && k.model.mmHasPinned) k.set(k.w.mm.has_pinned, mm, 1);
    let fast = (flags & FOLL_FAST_ONLY) !== 0;
    for (let vpn = start; vpn < start + pages; vpn = start + got.length) {
      k.tick();
      const quick = fast ? gup_fast_page(k, mm, vpn, flags) : -1;
      fast = quick >= 0;
      const refused = fast ? check_vma_flags(k, k.vmas.lookup(mm, vpn), flags) : 0;
      const page =
        refused !== 0 && gup_fast_pte_range(k, page_folio(k, quick), flags) === 0
          ? quick
          : get_user_page(k, task, mm, vpn, flags);
      if (page === "EEXIST" && k.model.gupPassesPfns) got.push(NO_PAGE);
      else if (typeof page === "string") return got.length > 0 ? got : page;
      else {
        const nr = 1 + grab_rest_of_pmd(k, mm, vpn, page, { flags, end: start + pages });
        for (let i = 0; i < nr; i++) got.push(page + i);
      }
    }
    return got;
  },
);

// A PMD that gave one page gives those that follow in it as well, up to the end of the VMA: how many.
// Mirrors the page_mask of __get_user_pages() and gup_fast_pmd_leaf(), mm/gup.c, 6.12.
function grab_rest_of_pmd(
  k: Kernel,
  mm: number,
  vpn: number,
  page: number,
  want: { readonly flags: number; readonly end: number },
): number {
  const folio = page_folio(k, page);
  if (folio === page && !folio_test_large(k, page)) return 0;
  if (leafAt(k, mm, vpn).level === 0) return 0;
  const vma = k.vmas.lookup(mm, vpn);
  const last = Math.min(want.end, vpn - (vpn % k.hpageNr) + k.hpageNr, vma < 0 ? vpn + 1 : k.w.vma.end.data[vma]);
  const rest = last - vpn - 1;
  return rest > 0 && try_grab_folio(k, folio, want.flags, rest) === 0 ? rest : 0;
}

// One page: follow the entry, fault as long as it will not do, take the reference.
function get_user_page(k: Kernel, task: number, mm: number, vpn: number, asked: number): number | Errno {
  const vma = k.model.gupGrowsStacks ? find_extend_vma(k, task, mm, vpn) : k.vmas.lookup(mm, vpn);
  if (vma < 0) return "EFAULT";
  const refused = check_vma_flags(k, vma, asked);
  if (!k.decide(VMA_ALLOWS, k.w.vma.flags.data[vma], refused === 0)) return refused === 0 ? "EFAULT" : refused;
  const flags = k.model.gupBreaksCow && asked & (FOLL_GET | FOLL_PIN) ? force_cow_break(k, vma, asked) : asked;
  for (let cowed = false; ; ) {
    const page = follow_page_pte(k, mm, vma, vpn, { flags, cowed });
    if (typeof page !== "object") return page;
    if (flags & FOLL_NOFAULT) return "EFAULT";
    const unlockable = flags & FOLL_UNLOCKABLE ? FAULT_FLAG_ALLOW_RETRY : 0;
    const anew = (flags & (FOLL_GET | FOLL_PIN | FOLL_MADV_POPULATE)) === 0;
    const result = faultin_page(k, task, vma, vpn, page.fault | unlockable, anew);
    if (typeof result === "string") return result;
    cowed ||= (result & VM_FAULT_WRITE) !== 0;
  }
}

// In a COW mapping even a reference for reading wants an entry that a write could use, if need be one that a write fault
// has left read-only as FOLL_FORCE takes it. Mirrors should_force_cow_break() and can_follow_write_pte(), mm/gup.c, 5.8.
function force_cow_break(k: Kernel, vma: number, flags: number): number {
  const vmaFlags = k.w.vma.flags.data[vma];
  const cow = k.decide(FORCES_COW_BREAK, vmaFlags, is_cow_mapping(vmaFlags));
  return cow ? flags | FOLL_WRITE | FOLL_FORCE : flags;
}

// The VMA of the page, a stack grown down to it; what a locked stack grew by is brought in.
// Mirrors find_extend_vma(), mm/mmap.c, 5.10 (until 6.4).
function find_extend_vma(k: Kernel, task: number, mm: number, vpn: number): number {
  const there = k.vmas.lookup(mm, vpn);
  if (there >= 0) return there;
  const above = k.vmas.find(mm, vpn);
  const end = above < 0 ? 0 : k.w.vma.start.data[above];
  const vma = lock_mm_and_find_vma(k, mm, vpn);
  if (vma >= 0 && k.w.vma.flags.data[vma] & VM_LOCKED) populate_vma_page_range(k, task, vma, vpn, end);
  return vma;
}

// The frame that the entry maps, with its reference; or the fault that has to come first.
// Mirrors follow_page_pte(), mm/gup.c, 6.12.
const follow_page_pte = kernelFunction(
  "follow_page_pte",
  "mm/gup.c",
  (
    k: Kernel,
    mm: number,
    vma: number,
    vpn: number,
    want: { readonly flags: number; readonly cowed: boolean },
  ): number | Errno | { readonly fault: number } => {
    const { flags } = want;
    const write = (flags & FOLL_WRITE) !== 0;
    const { row, level, entry } = leafAt(k, mm, vpn);
    if ((entry & PTE_PRESENT) === 0) return { fault: write ? FAULT_FLAG_WRITE : 0 };
    const pfn = pte_pfn(entry);
    const folio = page_folio(k, pfn);
    const normal = vm_normal_page(k, vma, entry);
    // Of a folio that a PMD maps, the head says whether it is exclusive.
    const asked = normal === undefined || level === 0 ? normal : folio;
    if (write && !can_follow_write_pte(k, vma, entry, asked, want)) return { fault: FAULT_FLAG_WRITE };
    if (normal === undefined && !is_zero_page(k, pfn) && !is_refpage(k, vma, pfn)) return follow_pfn_pte(k, row, flags);
    const unshares = (entry & PTE_WRITE) === 0 || k.model.gupWantsExclusive;
    if (unshares && k.model.gupMustUnshare(k, vma, flags, asked)) return { fault: FAULT_FLAG_UNSHARE };
    const refused = try_grab_folio(k, folio, flags, 1);
    if (refused) return refused;
    if (flags & FOLL_TOUCH) {
      if (level > 0) touch_huge(k, row, folio, write);
      else touch_page(k, folio, write && (entry & PTE_DIRTY) === 0);
    }
    return pfn;
  },
);

// The part of follow_page_pte(), mm/gup.c, 6.12, that is for FOLL_TOUCH.
function touch_page(k: Kernel, folio: number, dirties: boolean): void {
  if (dirties && (k.w.page.flags.data[folio] & PG_dirty) === 0) folio_mark_dirty(k, folio);
  if (folio !== ZERO_PFN) folio_mark_accessed(k, folio);
}

// Until 6.10 GUP leaves hugetlb's entries as they are. Mirrors follow_huge_pmd(), mm/gup.c, 6.12.
function touch_huge(k: Kernel, pmd: number, folio: number, write: boolean): void {
  if (k.model.gupTouchesHugetlb || !folio_test_hugetlb(k, folio)) touch_pmd(k, pmd, write);
}

// A huge entry is marked itself, not the folio. Mirrors touch_pmd(), mm/huge_memory.c, 6.12.
export function touch_pmd(k: Kernel, pmd: number, write: boolean): void {
  const { entry } = k.w.pte;
  k.set(entry, pmd, pte_with(entry.data[pmd], PTE_ACCESSED | (write ? PTE_DIRTY | PTE_SOFT_DIRTY : 0)));
}

// A proper entry, but no page behind it that could be had. Who wants the memory faulted in and no more is served.
// Mirrors follow_pfn_pte(), mm/gup.c, 6.12; until 5.17 EFAULT for FOLL_GET.
const follow_pfn_pte = kernelFunction("follow_pfn_pte", "mm/gup.c", (k: Kernel, pte: number, flags: number): Errno => {
  k.decide(PFN_ENTRY, 1, true);
  // A kernel without FOLL_PIN (pinBias 1) takes FOLL_GET for it.
  if (k.model.gupPassesPfns && (flags & FOLL_GET || (flags & FOLL_PIN && k.model.pinBias === 1))) return "EFAULT";
  const { entry } = k.w.pte;
  const touched = PTE_ACCESSED | (flags & FOLL_WRITE ? PTE_DIRTY | PTE_SOFT_DIRTY : 0);
  if (flags & FOLL_TOUCH) k.set(entry, pte, pte_with(entry.data[pte], touched));
  return "EEXIST";
});

// Mirrors can_follow_write_pte(), mm/gup.c, 6.12.
function can_follow_write_pte(
  k: Kernel,
  vma: number,
  entry: number,
  pfn: number | undefined,
  want: { readonly flags: number; readonly cowed: boolean },
): boolean {
  const writable = (entry & PTE_WRITE) !== 0;
  if (k.decide(CAN_FOLLOW_WRITE, writable ? 1 : 0, writable)) return true;
  const flags = k.w.vma.flags.data[vma];
  if ((want.flags & FOLL_FORCE) === 0 || flags & VM_WRITE || !is_cow_mapping(flags)) return false;
  if (!k.model.canFollowForced(k, entry, pfn, want.cowed)) return false;
  return !k.model.mprotectKeepsSoftDirty || !pte_needs_soft_dirty_wp(k, vma, entry);
}

// Mirrors check_vma_flags(), mm/gup.c, 6.12; the dirty-tracking rule by model (6.5).
function check_vma_flags(k: Kernel, vma: number, gup: number): 0 | Errno {
  const flags = k.w.vma.flags.data[vma];
  if (flags & (VM_IO | VM_PFNMAP)) return "EFAULT";
  if (gup & FOLL_WRITE) {
    if (k.model.longtermNeedsUntrackedFile && !writable_file_mapping_allowed(k, vma, gup)) return "EFAULT";
    if ((flags & VM_WRITE) === 0 && ((gup & FOLL_FORCE) === 0 || !is_cow_mapping(flags))) return "EFAULT";
    if ((flags & (VM_WRITE | VM_HUGETLB)) === VM_HUGETLB && k.model.hugetlbForcedWrites === "EFAULT") return "EFAULT";
  } else if ((flags & VM_READ) === 0 && ((gup & FOLL_FORCE) === 0 || (flags & VM_MAYREAD) === 0)) {
    return "EFAULT";
  }
  return 0;
}

// A long-term writer of a shared mapping would dirty pages behind the file's back. Mirrors
// writable_file_mapping_allowed() and vma_needs_dirty_tracking(), 6.12.
function writable_file_mapping_allowed(k: Kernel, vma: number, gup: number): boolean {
  const longterm = FOLL_PIN | FOLL_LONGTERM;
  if ((gup & longterm) !== longterm || vma_is_anonymous(k, vma)) return true;
  const shared = VM_SHARED | VM_WRITE;
  return (k.w.vma.flags.data[vma] & shared) !== shared || !vm_ops(k, vma).page_mkwrite;
}

// Returns VM_FAULT_* bits. The fault counts for the process that calls, before 5.9 for the one whose memory it is (the same but for
// process_vm_readv and ptrace, which pass that one then). MAP_POPULATE and mlock begin anew where the lock was given up, as
// if nothing had been tried: the page is looked for again, and a fault that is still needed is a first one. So did
// MADV_POPULATE until 6.9, whose faultin_page_range() goes through __get_user_pages_locked(), which tries again.
// Mirrors faultin_page(), mm/gup.c, 6.12, with its callers' loops.
const faultin_page = kernelFunction(
  "faultin_page",
  "mm/gup.c",
  (k: Kernel, task: number, vma: number, vpn: number, first: number, anew: boolean): number | Errno => {
    let waited = false;
    for (let flags = first; ; flags |= FAULT_FLAG_TRIED) {
      const result = handle_mm_fault(k, task, vma, vpn, flags);
      const major = (result & VM_FAULT_MAJOR) !== 0;
      waited ||= major;
      if (result & VM_FAULT_OOM) return "ENOMEM";
      if (result & (VM_FAULT_SIGBUS | VM_FAULT_SIGSEGV | VM_FAULT_HWPOISON)) return "EFAULT";
      if (result & VM_FAULT_RETRY) {
        if (k.model.gupCountsTries) count_fault(k, task, major);
        if (anew) return 0;
        continue;
      }
      const hugetlb = (k.w.vma.flags.data[vma] & VM_HUGETLB) !== 0;
      if (hugetlb && !k.model.gupCountsHugetlb) k.outcome |= waited ? MAJOR : MINOR;
      else mm_account_fault(k, task, flags, waited, k.model.gupCountsTries ? major : waited);
      return result;
    }
  },
);

// So many references of one kind. FOLL_GET: refcount + 1 each. FOLL_PIN: refcount + 1024 each (from 5.7 on), of a large
// folio refcount + 1 and pincount + 1; of the zero page nothing from 6.5 on. A counter that has overflowed is refused with
// a warning from 5.1 on. Mirrors try_grab_folio(), mm/gup.c, 6.12.
export function try_grab_folio(k: Kernel, folio: number, flags: number, refs: number): 0 | Errno {
  if ((flags & (FOLL_GET | FOLL_PIN)) === 0) return 0;
  const count = folio_ref_count(k, folio);
  if (count <= 0 && k.model.refusesOverflow) {
    k.decide(REF_POSITIVE, count, false);
    return "ENOMEM";
  }
  const added = flags & FOLL_GET ? refs : refs * pin_refs(k, folio);
  if (refuses_refs(k, folio, added)) return "ENOMEM";
  if (flags & FOLL_GET) folio_ref_add(k, folio, added);
  else if (folio !== ZERO_PFN || k.model.pinsZeroPage) {
    folio_ref_add(k, folio, added);
    if (folio_has_pincount(k, folio)) k.add(k.w.folio._pincount, large_folio(k, folio), refs);
  }
  return 0;
}

// What try_grab_folio() took. Mirrors gup_put_folio(), mm/gup.c, 6.12.
export function gup_put_folio(k: Kernel, folio: number, flags: number, refs: number): void {
  if (flags & FOLL_GET) folio_put_refs(k, folio, refs);
  else if (folio !== ZERO_PFN || k.model.pinsZeroPage) {
    const each = pin_refs(k, folio);
    if (folio_has_pincount(k, folio)) k.add(k.w.folio._pincount, large_folio(k, folio), -refs);
    folio_put_refs(k, folio, refs * each);
  }
}

// Fills a VMA's range as MAP_POPULATE and mlock do: private writable memory as by writes, the rest as by reads.
// Mirrors populate_vma_page_range(), mm/gup.c, 6.12.
export const populate_vma_page_range = kernelFunction(
  "populate_vma_page_range",
  "mm/gup.c",
  (k: Kernel, task: number, vma: number, start: number, end: number): 0 | Errno => {
    const flags = k.w.vma.flags.data[vma];
    const write = (flags & (VM_WRITE | VM_SHARED)) === VM_WRITE ? FOLL_WRITE : 0;
    const force = flags & VM_ACCESS_FLAGS ? FOLL_FORCE : 0;
    return populate(k, task, vma, start, end, write | force | FOLL_TOUCH | FOLL_UNLOCKABLE);
  },
);

// Fills a VMA's range as MADV_POPULATE_READ and _WRITE do. EINVAL when the VMA does not allow the access.
// Mirrors faultin_page_range(), mm/gup.c, 6.12 (faultin_vma_page_range() before 6.10).
export const faultin_page_range = kernelFunction(
  "faultin_page_range",
  "mm/gup.c",
  (k: Kernel, task: number, vma: number, start: number, end: number, write: boolean): 0 | Errno => {
    const flags = write ? FOLL_WRITE : 0;
    if (check_vma_flags(k, vma, flags)) return refused(k, NOT_ALLOWED, k.w.vma.flags.data[vma]);
    const again = k.model.populateAdvice === "stops at holes" ? FOLL_MADV_POPULATE : 0;
    return populate(k, task, vma, start, end, flags | FOLL_TOUCH | FOLL_UNLOCKABLE | again);
  },
);

function populate(k: Kernel, task: number, vma: number, start: number, end: number, flags: number): 0 | Errno {
  const mm = k.w.vma.mm.data[vma] - 1;
  const locks = !k.model.mlockBatches && vma_locks(k, vma);
  let error: 0 | Errno = 0;
  for (let vpn = start, next = start; error === 0 && vpn < end; vpn = next) {
    k.tick();
    const page = get_user_page(k, task, mm, vpn, flags);
    // What a PMD maps is there as a whole.
    const entire = leafAt(k, mm, vpn).level > 0;
    next = entire ? vpn - (vpn % k.hpageNr) + k.hpageNr : vpn + 1;
    if (page === "EEXIST") continue;
    if (typeof page === "string") error = page;
    else if (locks && !is_refpage(k, vma, page) && gup_locks(k, page, entire)) {
      if (!entire) lru_add_drain(k);
      mlock_folio(k, page_folio(k, page));
    }
  }
  if (k.model.populateDrainsLru) lru_add_drain(k);
  return error;
}
