// Rules of fork, each broken in one way: mm-semantics §3.

import { code, type Mutant } from "./mutant.ts";

export const FORK: readonly Mutant[] = [
  code("fork copies the VMAs in descending order", "3.1", "fork.ts", [
    "for (const source of [...k.vmas.of(parent)]) {",
    "for (const source of [...k.vmas.of(parent)].reverse()) {",
  ]),
  code("what MADV_WIPEONFORK wipes once is not wiped in the grandchild", "3.1", "fork.ts", [
    "flags: fields.flags & ~VM_LOCKED, ...anon",
    "flags: fields.flags & ~(VM_LOCKED | VM_WIPEONFORK), ...anon",
  ]),
  code("the child puts its pages into the parent's anon_vma", "3.1", "rmap.ts", [
    "  return { anon_vma, anon_vma_chain: anon_vma };\n",
    "  return { anon_vma: active, anon_vma_chain: anon_vma };\n",
  ]),
  code("a fork without memory leaves the child's part done", "3.1", "fork.ts", [
    "  if (error === 0) return mm;\n  mmput(k, mm);\n",
    "  if (error === 0) return mm;\n",
  ]),
  code("fork leaves the tables of PFN mappings to the child's faults", "3.2", "flags.ts", [
    "VM_COPY_ON_FORK = VM_PFNMAP | VM_MIXEDMAP | VM_MAYBE_GUARD;",
    "VM_COPY_ON_FORK = VM_MAYBE_GUARD;",
  ]),
  code("an anonymous mapping without tables of entries copies no upper tables", "3.2", "fork.ts", [
    '      if (!copy_tables(k, vma.mm.data[dst] - 1, parent, start)) return "ENOMEM";\n',
    "",
  ]),
  code("the huge zero page needs no anon_vma", "3.2", "huge_memory.ts", [
    "    anon_vma_prepare(k, vmf.vma);\n",
    "    if (vmf.flags & FAULT_FLAG_WRITE) anon_vma_prepare(k, vmf.vma);\n",
  ]),
  code("fork counts a file's page as anonymous", "3.3", "fork.ts", [
    "        rss[rss_name(k, folio)]++;\n",
    "        rss.anon++;\n",
  ]),
  code("fork copies dirty entries of shared mappings as dirty", "3.3", "fork.ts", [
    "PTE_ACCESSED | (shared ? PTE_DIRTY : 0)",
    "PTE_ACCESSED",
  ]),
  code("fork copies entries of private mappings as clean", "3.3", "fork.ts", [
    "PTE_ACCESSED | (shared ? PTE_DIRTY : 0)",
    "PTE_ACCESSED | PTE_DIRTY",
  ]),
  code("fork copies entries as not soft-dirty", "3.3", "fork.ts", [
    "PTE_ACCESSED | (shared ? PTE_DIRTY : 0)",
    "PTE_ACCESSED | PTE_SOFT_DIRTY | (shared ? PTE_DIRTY : 0)",
  ]),
  code("fork takes no reference for a shared anonymous page", "3.3", "fork.ts", [
    "        folio_get(k, folio);\n        folio_dup_anon_rmap_pte(k, dst, pfn);\n",
    "        folio_dup_anon_rmap_pte(k, dst, pfn);\n",
  ]),
  code("fork counts no rss of the child", "3.3", "fork.ts", [
    "    add_mm_counter(k, child, mm.rss_anon, rss.anon);\n",
    "",
  ]),
  code("the copy of a pinned page is mapped read-only", "3.3", "fork.ts", [
    "    const write = flags & VM_WRITE ? PTE_WRITE : 0;\n    k.set(k.w.pte.entry, dst_pte",
    "    const write = 0;\n    k.set(k.w.pte.entry, dst_pte",
  ]),
  code("the copy of a pinned page is empty", "3.3", "fork.ts", [
    "    k.set(page.content, copy, page.content.data[pfn]);\n",
    "",
  ]),
  code("the huge zero page counts in the child's rss", "3.4", "fork_huge.ts", [
    "      mm_get_huge_zero_folio(k, child);\n",
    "      mm_get_huge_zero_folio(k, child);\n      add_mm_counter(k, child, mm.rss_anon, k.hpageNr);\n",
  ]),
  code("fork takes no reference for a THP", "3.4", "fork_huge.ts", [
    "      folio_get(k, folio);\n      folio_dup_anon_rmap_pmd(k, dst, folio);\n",
    "      folio_dup_anon_rmap_pmd(k, dst, folio);\n",
  ]),
  code("fork counts no use of a swap slot", "3.5", "fork_nonpresent.ts", [
    "      swap_duplicate(k, swp_offset(old));\n",
    "",
  ]),
  code("fork counts no swap of the child", "3.5", "fork_nonpresent.ts", ['      counted = "swap";\n', ""]),
  code("fork leaves swap entries exclusive", "3.5", "fork_nonpresent.ts", [
    "copy = pte_with(old, 0, PTE_SWP_EXCLUSIVE);",
    "copy = old;",
  ]),
  code("fork leaves the parent's swap entry exclusive", "3.5", "fork_nonpresent.ts", [
    "    k.set(entry, src_pte, copy);\n",
    "",
  ]),
  code("fork forgets guard markers", "3.5", "fork_nonpresent.ts", [
    "    k.set(entry, dst_pte, copy);\n",
    "    if (counted) k.set(entry, dst_pte, copy);\n",
  ]),
  code("the last one left after fork copies", "3.6", "reuse.ts", [
    "return k.decide(EXCLUSIVE, exclusive ? 1 : 0, exclusive) || wp_can_reuse_anon_folio(k, vma, pfn);",
    "return k.decide(EXCLUSIVE, exclusive ? 1 : 0, exclusive);",
  ]),
  code("the first to write after fork takes the page", "3.6", "reuse.ts", [
    "return k.decide(EXCLUSIVE, exclusive ? 1 : 0, exclusive) || wp_can_reuse_anon_folio(k, vma, pfn);",
    "return k.decide(EXCLUSIVE, exclusive ? 1 : 0, true) || wp_can_reuse_anon_folio(k, vma, pfn);",
  ]),
];
