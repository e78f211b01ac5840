// Rules of get_user_pages() and pin_user_pages(), each broken in one way: mm-semantics §4.

import { code, type Mutant } from "./mutant.ts";

export const GUP: readonly Mutant[] = [
  code("vmsplice takes references to write", "4.1", "pins.ts", [
    'take(k, task, "vmsplice", addr, length, FOLL_GET | FOLL_FAST_ONLY | FOLL_UNLOCKABLE)',
    'take(k, task, "vmsplice", addr, length, FOLL_GET | FOLL_WRITE | FOLL_FAST_ONLY | FOLL_UNLOCKABLE)',
  ]),
  code("a read with O_DIRECT leaves its pages clean at its end", "4.1", "pins.ts", [
    "  if (PIN_KINDS[k.w.pin.kind.data[pin]] === O_DIRECT_READ) {",
    "  if (false) {",
  ]),
  code("ptrace keeps its reference", "4.1", "pins.ts", [
    "    gup_put_folio(k, folio, flags, 1);\n    mmput(k, mm);",
    "    mmput(k, mm);",
  ]),
  code("ptrace does not force its write", "4.1", "pins.ts", [
    "FOLL_GET | FOLL_FORCE | FOLL_WRITE | FOLL_TOUCH",
    "FOLL_GET | FOLL_WRITE | FOLL_TOUCH",
  ]),
  code("io_uring pins to read", "4.1", "pins.ts", [
    "const flags = FOLL_PIN | FOLL_LONGTERM | FOLL_WRITE;",
    "const flags = FOLL_PIN | FOLL_LONGTERM;",
  ]),
  code("io_uring keeps a part of a buffer", "4.1", "pins.ts", [
    "    if (k.side.pinPages[pin].length < pages) {",
    "    if (false) {",
  ]),
  code("a device's memory can be pinned", "4.2", "gup.ts", [
    '  if (flags & (VM_IO | VM_PFNMAP)) return "EFAULT";\n  if (gup',
    "  if (gup",
  ]),
  code("a reference to write needs no right", "4.2", "gup.ts", [
    '    if ((flags & VM_WRITE) === 0 && ((gup & FOLL_FORCE) === 0 || !is_cow_mapping(flags))) return "EFAULT";\n',
    "",
  ]),
  code("FOLL_FORCE writes to shared mappings", "4.2", "gup.ts", [
    "((gup & FOLL_FORCE) === 0 || !is_cow_mapping(flags))) return",
    "(gup & FOLL_FORCE) === 0) return",
  ]),
  code("a reference to read needs no right", "4.2", "gup.ts", [
    "} else if ((flags & VM_READ) === 0 && ((gup & FOLL_FORCE) === 0 || (flags & VM_MAYREAD) === 0)) {",
    "} else if (false) {",
  ]),
  code("FOLL_FORCE does not read what may not be read", "4.2", "gup.ts", [
    "((gup & FOLL_FORCE) === 0 || (flags & VM_MAYREAD) === 0)",
    "true",
  ]),
  code("VM_MIXEDMAP is refused", "4.2", "gup.ts", [
    '  if (flags & (VM_IO | VM_PFNMAP)) return "EFAULT";\n  if (gup',
    '  if (flags & (VM_IO | VM_PFNMAP | 0x10000000)) return "EFAULT";\n  if (gup',
  ]),
  code("a long-term writer may not have shared memory", "4.2", "gup.ts", [
    "!== shared || !vm_ops(k, vma).page_mkwrite;",
    "!== shared;",
  ]),
  code("a reference to unmapped memory is ENOMEM", "4.2", "gup.ts", [
    'return refused === 0 ? "EFAULT" : refused;',
    'return refused === 0 ? "ENOMEM" : refused;',
  ]),
  code("GUP follows a read-only entry to write", "4.3", "gup.ts", [
    "    if (write && !can_follow_write_pte(k, vma, entry, asked, want)) return { fault: FAULT_FLAG_WRITE };\n",
    "",
  ]),
  code("populate ends at a frame without a page", "4.3", "gup.ts", ['    if (page === "EEXIST") continue;\n', ""]),
  code("5.17 takes FOLL_GET for FOLL_PIN at a frame without a page", "4.3", "gup.ts", [
    '  if (k.model.gupPassesPfns && (flags & FOLL_GET || (flags & FOLL_PIN && k.model.pinBias === 1))) return "EFAULT";\n',
    "",
  ]),
  code("GUP does not touch what it takes", "4.3", "gup.ts", [
    "    if (flags & FOLL_TOUCH) {\n      if (level > 0)",
    "    if (false) {\n      if (level > 0)",
  ]),
  code("get_user_pages() does not touch", "4.3", "pins.ts", [
    "const touch = flags & FOLL_FAST_ONLY ? 0 : FOLL_TOUCH;",
    "const touch = 0;",
  ]),
  code("the fast path touches", "4.3", "pins.ts", [
    "const touch = flags & FOLL_FAST_ONLY ? 0 : FOLL_TOUCH;",
    "const touch = FOLL_TOUCH;",
  ]),
  code("pin_user_pages() touches", "4.3", "pins.ts", [
    "(gup_flags(flags) & ~FOLL_GET) | FOLL_PIN)",
    "(gup_flags(flags) & ~FOLL_GET) | FOLL_PIN | FOLL_TOUCH)",
  ]),
  code("GUP with FOLL_TOUCH leaves pages clean", "4.3", "gup.ts", [
    "  if (dirties && (k.w.page.flags.data[folio] & PG_dirty) === 0) folio_mark_dirty(k, folio);\n",
    "",
  ]),
  code("a dirty entry's page gets dirty by GUP", "4.3", "gup.ts", ["write && (entry & PTE_DIRTY) === 0);", "write);"]),
  code("a reference to a THP is to its head alone", "4.3", "gup.ts", [
    "  if (leafAt(k, mm, vpn).level === 0) return 0;\n",
    "  return 0;\n",
  ]),
  code("a pin of a part of a THP asks that page", "4.3", "gup.ts", [
    "const asked = normal === undefined || level === 0 ? normal : folio;",
    "const asked = normal;",
  ]),
  code("a read-only reference unshares", "4.4", "gup_rules.ts", [
    "if ((flags & (FOLL_PIN | FOLL_WRITE)) !== FOLL_PIN || pfn === undefined) return false;",
    "if (flags & FOLL_WRITE || pfn === undefined) return false;",
  ]),
  code("a short-term pin unshares the zero page", "4.4", "gup_rules.ts", [
    "  if ((flags & FOLL_LONGTERM) === 0) return false;\n",
    "",
  ]),
  code("the fast path asks the VMA", "4.5", "gup.ts", [
    "refused !== 0 && gup_fast_pte_range(",
    "refused < 0 && gup_fast_pte_range(",
  ]),
];
