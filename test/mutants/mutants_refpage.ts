// Rules of reference pages, each broken in one way: mm-semantics §8.1, §8.2.

import { code, type Mutant } from "./mutant.ts";

export const REFPAGE: readonly Mutant[] = [
  code("a mapping of an address is merged with what lies beside it", "8.1", "vma_merge.ts", [
    "    (k.w.vma.refpage.data[vma] === 0 || k.decide(NO_CLOSE, 1, !vm_ops(k, vma).close)) &&\n",
    "",
  ]),
  code("a new mapping of an address is merged into ordinary memory", "8.1", "mmap.ts", [
    "what.refpage === 0 ? [k.vmas.before",
    "true ? [k.vmas.before",
  ]),
  code("the address is looked up in the memory that faults", "8.1", "refpage_address.ts", [
    "const mm = k.current < 0 ? -1 : k.w.task.mm.data[k.current] - 1;",
    "const mm = k.w.vma.mm.data[vma] - 1;",
  ]),
  code("one mapping of an address cannot lead to another", "8.1", "refpage_address.ts", [
    "const DEEPEST = 16;",
    "const DEEPEST = 1;",
  ]),
  code("the page that is looked up keeps no reference for its entry", "8.1", "refpage_address.ts", [
    "address, 1, FOLL_GET | FOLL_TOUCH);",
    "address, 1, FOLL_TOUCH);",
  ]),
  code("fork and mremap lose the address", "8.1", "vma.ts", ["    refpage: v.refpage.data[vma],\n", ""]),
  code("shared memory shows the page of an address", "8.1", "mmap.ts", [" || request.flags & MAP_REFPAGE)\n", ")\n"]),
  code("KSM takes a page where its anon_vma has none", "8.1", "ksm_merge.ts", [
    "    if (page_address_in_vma(k, vma, pfn) !== vpn) return -1;\n",
    "",
  ]),
  code("a first write finds zeroes", "8.2", "memory.ts", [
    "  if (refpage !== 0) k.set(k.w.page.content, folio, k.w.page.content.data[refpage]);\n",
    "",
  ]),
  code("the content stands in the page once", "8.2", "refpage.ts", [
    "for (let at = 0; at < k.pageSize; at += size)",
    "for (let at = 0; at < size; at += size)",
  ]),
  code("flags are ignored", "8.2", "refpage.ts", ["flags !== 0n || ", ""]),
  code("GUP refuses a reference page as any other frame", "8.2", "gup.ts", [" && !is_refpage(k, vma, pfn)", ""]),
  code("a fault in reference pages brings a huge page", "8.2", "huge_memory.ts", [
    " || vma_refpage(k, vma) !== 0) return false;",
    ") return false;",
  ]),
  code("khugepaged collapses reference pages", "8.2", "khugepaged.ts", [
    " || vma_refpage(k, vma) !== 0) return false;",
    ") return false;",
  ]),
  code("a file that nobody refers to keeps its reference page", "8.2", "files.ts", [
    "  else if (kind.data[file] === REFPAGE_FILE) refpage_release(k, file);\n",
    "",
  ]),
  code("a shared mapping writes to the reference page", "8.2", "mmap.ts", [
    '  if (type & MAP_SHARED && readonly && request.prot & PROT_WRITE) return "EACCES";\n',
    "",
  ]),
  code("a shared mapping of reference pages may be made writable", "8.2", "mmap.ts", [
    "return (flags & ~VM_MAYWRITE) | VM_MAYSHARE;",
    "return flags | VM_MAYSHARE;",
  ]),
  code("MADV_WIPEONFORK takes memory with a file", "8.2", "madvise.ts", [
    "if (k.w.vma.file.data[vma] !== 0 || flags & VM_SHARED) return refused(k, NOT_TO_WIPE",
    "if (flags & VM_SHARED) return refused(k, NOT_TO_WIPE",
  ]),
];
