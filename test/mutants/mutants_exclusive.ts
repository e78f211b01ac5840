// Mutants of the exclusive bit's proposals, and of the mapcount of address spaces. mm-semantics §8.6.

import { code, type Mutant, model } from "./mutant.ts";

export const EXCLUSIVE: readonly Mutant[] = [
  model("exclusive-bit counts references to a small page first", "8.6", "exclusive-bit", "reuseAnonSmall", "5.15"),
  model("exclusive-bit counts references to a large folio first", "8.6", "exclusive-bit", "reuseAnonLarge", "5.15"),
  model("exclusive-bit reuses a huge page by its mapcount", "8.6", "exclusive-bit", "reuseThp", "5.15"),
  model("exclusive-bit reuses a page of hugetlb by its mapcount", "8.6", "exclusive-bit", "reuseHugetlb", "5.15"),
  model("exclusive-bit has no bit", "8.6", "exclusive-bit", "anonExclusive", "5.15"),
  model("exclusive-bit forgets the bit in swap", "8.6", "exclusive-bit", "mapSwappedPage", "exclusive-on-gup"),
  model("exclusive-bit forgets the bit at swapoff", "8.6", "exclusive-bit", "unuseExclusive", "exclusive-on-gup"),
  model(
    "exclusive-bit forgets the bit in migration",
    "8.6",
    "exclusive-bit",
    "migrationKeepsExclusive",
    "exclusive-on-gup",
  ),
  model(
    "exclusive-bit keeps pages from being unmapped",
    "8.6",
    "exclusive-bit",
    "mayShareExclusive",
    "exclusive-on-gup",
  ),
  model("exclusive-bit keeps read-only pages from KSM", "8.6", "exclusive-bit", "ksmAsksExclusive", "5.19"),
  model("exclusive-bit unshares for pins", "8.6", "exclusive-bit", "gupMustUnshare", "5.19"),
  model("exclusive-on-gup makes fresh pages exclusive", "8.6", "exclusive-on-gup", "writableIsExclusive", "5.19"),
  model("exclusive-on-gup leaves FOLL_GET to itself", "8.6", "exclusive-on-gup", "gupMustUnshare", "5.19"),
  model("exclusive-on-gup takes what is writable as it is", "8.6", "exclusive-on-gup", "gupWantsExclusive", "5.19"),
  model("exclusive-on-gup's lockless GUP takes any page", "8.6", "exclusive-on-gup", "gupFastTakes", "5.15"),
  model("exclusive-on-gup's fork looks for pins alone", "8.6", "exclusive-on-gup", "forkCopiesPinned", "5.19"),
  model("exclusive-on-gup unmaps pages under FOLL_GET", "8.6", "exclusive-on-gup", "mayShareExclusive", "5.19"),
  model("exclusive-on-gup keeps the bit in migration", "8.6", "exclusive-on-gup", "migrationKeepsExclusive", "5.19"),
  model("exclusive-on-gup gives the bit at swapin", "8.6", "exclusive-on-gup", "mapSwappedPage", "exclusive-bit"),
  model("exclusive-on-gup gives the bit at swapoff", "8.6", "exclusive-on-gup", "unuseExclusive", "exclusive-bit"),
  model(
    "exclusive-on-gup lets KSM merge under a reader",
    "8.6",
    "exclusive-on-gup",
    "ksmAsksExclusive",
    "exclusive-bit",
  ),
  model("mapcount-mms shows entries", "8.6", "mapcount-mms", "mapcountOf", "5.15"),
  model("mapcount-mms counts references to a small page", "8.6", "mapcount-mms", "reuseAnonSmall", "5.15"),
  model("mapcount-mms counts references to a large folio", "8.6", "mapcount-mms", "reuseAnonLarge", "5.15"),
  code("a page with one slot user is exclusive though others map it", "8.6", "exclusive_rules.ts", [
    "const users = page_mapcount(k, page) + swap_count(k, slot);",
    "const users = swap_count(k, slot);",
  ]),
  code("the fault's own reference keeps a page of hugetlb from reuse", "8.6", "exclusive_rules.ts", [
    "const count = folio_ref_count(k, folio) - held;",
    "const count = folio_ref_count(k, folio);",
  ]),
  code("the swap cache keeps an exclusive page from being unmapped", "8.6", "exclusive_rules.ts", [
    "const cached = folio_test_swapcache(k, folio) ? folio_nr_pages(k, folio) : 0;",
    "const cached = 0;",
  ]),
  code("GUP unshares for the swap cache", "8.6", "gup_rules.ts", [
    "  if (folio_test_swapcache(k, folio)) folio_free_swap(k, folio);\n",
    "",
  ]),
  code("GUP makes a KSM page exclusive", "8.6", "gup_rules.ts", [
    "count === 1 && (f.data[folio] & PG_ksm) === 0",
    "count === 1",
  ]),
  code("fork takes two references for one", "8.6", "fork_rules.ts", ["count, count > 1);", "count, count > 2);"]),
  code("fork's copy for the child is not exclusive", "8.6", "fork.ts", [
    "folio_add_new_anon_rmap(k, dst, vpn, copy, true);",
    "folio_add_new_anon_rmap(k, dst, vpn, copy, false);",
  ]),
  code("a copy is not exclusive", "8.6", "wp.ts", [
    "folio_add_new_anon_rmap(k, vmf.vma, vmf.vpn, pfn, true);",
    "folio_add_new_anon_rmap(k, vmf.vma, vmf.vpn, pfn, false);",
  ]),
  code("what GUP unshares is read-only from then on", "8.6", "wp.ts", [
    "vmf.entry & PTE_WRITE ? PTE_WRITE | PTE_DIRTY | PTE_SOFT_DIRTY : PTE_SOFT_DIRTY",
    "PTE_SOFT_DIRTY",
  ]),
  code("a split takes the bit from what may be written", "8.6", "migration_kind.ts", [
    "exclusive && (split || k.model.migrationKeepsExclusive)",
    "exclusive && k.model.migrationKeepsExclusive",
  ]),
  code("a merge of a read-only page leaves it exclusive", "8.6", "ksm_merge.ts", [
    "      if (exclusive) k.set(page.flags, pfn, flags & ~PG_anon_exclusive);\n",
    "",
  ]),
  code("fork does not look for pins where no page is exclusive", "8.6", "fork_batch.ts", [
    "  return page;\n}",
    "  return -1;\n}",
  ]),
  code("one address space may write a KSM page that it maps twice", "8.6", "reuse_mms_rules.ts", [
    "k.w.page.flags.data[folio] & PG_ksm || !one_space(k, folio)",
    "!one_space(k, folio)",
  ]),
  code("swap entries count no address space", "8.6", "mms.ts", ["      found.swapped++;\n", "      return;\n"]),
  code("slots that KSM left are looked for in one family", "8.6", "mms.ts", [
    "if (named <= found.swapped) return found.spaces.size;",
    "if (named >= 0) return found.spaces.size;",
  ]),
  code("a driver's page counts each mapping", "8.6", "mms.ts", [
    "if (mapcount <= 1) return",
    "if (mapcount >= 0) return",
  ]),
];
