// Reference pages that are counted for each mapping, and those that are the mapping's own: the rules of mm-semantics §8.3 and §8.4.

import { code, type Mutant, model } from "./mutant.ts";

export const DEFAULT_PAGES: readonly Mutant[] = [
  model(
    "a default page is written to when it has one reference",
    "8.4",
    "refpage-in-mapping",
    "reuseAnonSmall",
    "5.10",
  ),
  model("a mapping of reference pages has no reference", "8.3", "refpage-per-mapping", "refpageCountsMappings", "5.10"),
  code("a mapping of reference pages that goes keeps its reference", "8.3", "vma.ts", [
    "  if (counts_refpage(k, vma)) refpage_close(k, vma_refpage(k, vma));\n",
    "",
  ]),
  code("the first page stays writable when a second one shows it", "8.4", "default_page.ts", [
    "if (entry & PTE_WRITE) k.set(k.w.pte.entry, row, pte_with(entry, 0, PTE_WRITE));",
    "if (entry === 0) return;",
  ]),
  code("a copy does not fix the default page", "8.4", "default_page.ts", [
    "  fix_default_page(k, vmf.vma);\n  return vmf.flags",
    "  if ((vmf.flags & FAULT_FLAG_WRITE) === 0) fix_default_page(k, vmf.vma);\n  return vmf.flags",
  ]),
  code("a first write gets a page of zeroes", "8.4", "default_page.ts", [
    "k.set(content, pfn, content.data[default_page(k, vmf.vma)]);",
    "k.set(content, pfn, 0);",
  ]),
  code("the default page goes with the last entry that shows it", "8.4", "default_page.ts", [
    "    folio_get(k, default_page(k, vma));\n    k.set(k.w.vma.default_state, vma, DEFAULT_FIXED | DEFAULT_HELD);\n",
    "    if (k.w.page._mapcount.data[default_page(k, vma)] > 1) {\n      folio_get(k, default_page(k, vma));\n      k.set(k.w.vma.default_state, vma, DEFAULT_FIXED | DEFAULT_HELD);\n    } else k.set(k.w.vma.default_page, vma, 0);\n",
  ]),
  code("the home takes one reference more when it shows the default page again", "8.4", "default_page.ts", [
    "if (state & DEFAULT_HELD && vpn === default_home(k, vma)) k.set(default_state, vma, state & ~DEFAULT_HELD);\n  else folio_get(k, pfn);",
    "folio_get(k, pfn);",
  ]),
  code("a mapping of 8 TiB and more is allowed", "8.4", "default_page.ts", [
    "return length > longest ? refused(k, TOO_LONG, pages_of(k, length)) : 0;",
    "return 0;",
  ]),
  code("a mapping of 8 TiB is refused", "8.4", "default_page.ts", [
    "return length > longest ?",
    "return length >= longest ?",
  ]),
  code("mappings with a default page merge with what is beside them", "8.4", "default_page.ts", [
    "VM_REFPAGE | VM_DONTEXPAND;",
    "VM_REFPAGE;",
  ]),
  code("fork lets the child map the parent's default page", "8.4", "fork.ts", [
    "      if (pfn === standing) {",
    "      if (false) {",
  ]),
  code("fork makes the child's default page read-only while it is being filled", "8.4", "default_page_dup.ts", [
    "(k.w.vma.default_state.data[src] & DEFAULT_FIXED) | DEFAULT_HELD",
    "DEFAULT_FIXED | DEFAULT_HELD",
  ]),
  code("a split gives both halves the same default page", "8.4", "vma_merge.ts", [
    "    if (copy > 0) split_default_page(k, vma, made, copy);\n",
    "",
  ]),
  code("a split leaves the entries of the half that has not the home", "8.4", "default_page_dup.ts", [
    "    const rows = entries_of(k, other, old);",
    "    const rows: Entry[] = [];",
  ]),
  code("a half without entries gets no pattern", "8.4", "default_page_dup.ts", [
    "    if (copy >= 0) k.set(k.w.page.content, copy, k.w.page.content.data[pfn]);",
    "    if (copy >= 0) k.set(k.w.page.content, copy, 0);",
  ]),
  code("a split without memory leaves the half without a default page", "8.4", "vma_merge.ts", [
    '    if (copy < 0) return "ENOMEM";\n',
    "",
  ]),
  code("a moved mapping leaves its default page behind", "8.4", "move_vma.ts", [
    "    if (default_page(k, vma) >= 0) move_default_page(k, vma, copy.target);\n",
    "",
  ]),
  code("mremap of a part takes the default page from the rest", "8.4", "move_vma.ts", [
    "  if (default_page(k, vma) >= 0) return true;\n",
    "",
  ]),
];
