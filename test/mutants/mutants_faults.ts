// Rules of page faults, each broken in one way: mm-semantics §2.1 to §2.3.

import { code, type Mutant } from "./mutant.ts";

export const FAULTS: readonly Mutant[] = [
  code("an access where nothing is mapped is no SIGSEGV", "2.1", "access.ts", [
    'if (!k.decide(VMA_FOUND, vma + 1, vma >= 0)) return force_sig(k, task, vpn, "SIGSEGV");',
    'if (!k.decide(VMA_FOUND, vma + 1, vma >= 0)) return force_sig(k, task, vpn, "SIGBUS");',
  ]),
  code("a read in a mapping without rights finds the page", "2.1", "access.ts", [
    "(entry & needs) === needs && (entry & PTE_PROTNONE) === 0",
    "(entry & needs) === needs",
  ]),
  code("a write through a writable entry leaves it clean", "2.1", "access.ts", [
    "const marks = write ? PTE_ACCESSED | PTE_DIRTY : PTE_ACCESSED;",
    "const marks = PTE_ACCESSED;",
  ]),
  code("a read makes the entry dirty", "2.1", "access.ts", [
    "const marks = write ? PTE_ACCESSED | PTE_DIRTY : PTE_ACCESSED;",
    "const marks = PTE_ACCESSED | PTE_DIRTY;",
  ]),
  code("a read does not mark the entry as accessed", "2.1", "access.ts", [
    "const marks = write ? PTE_ACCESSED | PTE_DIRTY : PTE_ACCESSED;",
    "const marks = write ? PTE_ACCESSED | PTE_DIRTY : 0;",
  ]),
  code("a guard page is a SIGBUS", "2.1", "do_swap_page.ts", [
    "is_guard_marker(vmf.entry) ? VM_FAULT_SIGSEGV : VM_FAULT_HWPOISON",
    "VM_FAULT_HWPOISON",
  ]),
  code("a page table counts nowhere", "2.1", "pgtable.ts", [
    "    if (level - 1 <= 2) k.add(k.w.mm.pgtables_bytes, mm, k.pageSize);\n    table = child;",
    "    table = child;",
  ]),
  code("a multi-size THP goes over a VMA's end", "2.2", "anon_folio.ts", [
    "    if (first < start.data[vmf.vma] || first + nr > end.data[vmf.vma]) return false;\n",
    "    if (first < start.data[vmf.vma]) return false;\n",
  ]),
  code("the zero page is mapped writable", "2.2", "memory.ts", [
    "mk_pte(ZERO_PFN, prot | PTE_SPECIAL)",
    "mk_pte(ZERO_PFN, prot | PTE_SPECIAL | (flags & VM_WRITE ? PTE_WRITE : 0))",
  ]),
  code("a read of anonymous memory counts the zero page", "2.2", "memory.ts", [
    "    k.outcome |= ZERO;\n    return 0;",
    "    k.outcome |= ZERO;\n    add_mm_counter(k, vmf.mm, k.w.mm.rss_anon, 1);\n    return 0;",
  ]),
  code("a read fault gives the VMA an anon_vma", "2.2", "memory.ts", [
    "    k.outcome |= ZERO;\n    return 0;",
    "    k.outcome |= ZERO;\n    anon_vma_prepare(k, vmf.vma);\n    return 0;",
  ]),
  code("a file's page past the end is not a SIGBUS", "2.3", "filemap.ts", [
    "if (index >= file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };",
    "if (index > file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };",
  ]),
  code("shared memory past the end is not a SIGBUS", "2.3", "shmem.ts", [
    "if (index >= file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };",
    "if (index > file_pages(k, file)) return { pfn: -1, result: VM_FAULT_SIGBUS };",
  ]),
  code("a file's last page is cut off with its size", "2.3", "page_cache.ts", [
    "return Math.ceil(k.w.file.size.data[file] / k.pageSize);",
    "return Math.floor(k.w.file.size.data[file] / k.pageSize);",
  ]),
  code("fault-around begins at the fault", "2.3", "file_fault.ts", [
    "Math.max(offset - (offset % pages), v.start",
    "Math.max(offset, v.start",
  ]),
  code("fault-around goes over the VMA's end", "2.3", "file_fault.ts", [
    "const to = Math.min(from + pages, perTable, v.end.data[vmf.vma] - table);",
    "const to = Math.min(from + pages, perTable);",
  ]),
  code("fault-around maps a page that asks for the next window", "2.3", "file_fault.ts", [
    "const ready = PG_uptodate | PG_readahead;",
    "const ready = PG_uptodate;",
  ]),
  code("fault-around maps a page that is not up to date", "2.3", "file_fault.ts", [
    "(k.w.page.flags.data[folio] & ready) === PG_uptodate) {",
    "(k.w.page.flags.data[folio] & PG_readahead) === 0) {",
  ]),
];
