// The first version of reference pages: mmap() with MAP_REFPAGE takes the address of a page of the caller, and each fault
// looks that address up. Proposed on 31 July 2020 for 5.8; mm-semantics §8.1.
//
//   vma->vm_ops           refpage_vm_ops (vm_ops.ts): the mapping is not anonymous, though it has no file
//   vma->vm_private_data  the address, not the page: what it shows may be another page at the next fault
//
// The page gets a mapping and a reference more for each entry, like a file's page, though it is mostly anonymous.

import { FOLL_GET, FOLL_TOUCH } from "./abi.ts";
import { VM_FAULT_SIGSEGV } from "./fault.ts";
import type { FaultPage } from "./filemap.ts";
import { condition, kernelFunction, remark } from "./frames.ts";
import { __get_user_pages } from "./gup.ts";
import type { Kernel } from "./kernel.ts";
import { leafAt } from "./leaf.ts";

const GOT_THE_PAGE = condition("get_user_pages(vma->vm_private_data, 1, 0, &page, NULL) == 1", "address");
const ASKS_ITSELF = remark(
  "the address lies in a mapping of reference pages that leads back here: each fault waits for the next, and the kernel's stack ends",
);
const NOT_LOCKED = remark(
  "VM_FAULT_LOCKED, and nobody has locked the page: a kernel with CONFIG_DEBUG_VM stops here (VM_BUG_ON_PAGE)",
);

// Faults that fit on the kernel's stack of 16 KiB, one within the other: each takes some 700 bytes and more.
const DEEPEST = 16;

// The page that the address shows to the process that runs, with a reference that the entry will hold. SIGSEGV where it
// shows none, and where its counter has overflowed.
export const refpage_fault = kernelFunction("refpage_fault", "mm/refpage.c", (k: Kernel, vma: number): FaultPage => {
  const refused = { pfn: -1, result: VM_FAULT_SIGSEGV };
  const address = k.w.vma.refpage.data[vma] - 1;
  // current->mm: of a thread of the kernel there is none.
  const mm = k.current < 0 ? -1 : k.w.task.mm.data[k.current] - 1;
  if (mm < 0) return refused;
  if (depth(k, mm, address) > DEEPEST) {
    k.decide(ASKS_ITSELF, address, true);
    return refused;
  }
  const pages = __get_user_pages(k, k.current, mm, address, 1, FOLL_GET | FOLL_TOUCH);
  if (!k.decide(GOT_THE_PAGE, address, typeof pages !== "string")) return refused;
  k.decide(NOT_LOCKED, pages[0] as number, true);
  return { pfn: pages[0] as number, result: 0 };
});

// How many faults of this kind come one within the other until a page is there, or somebody else's fault brings one.
function depth(k: Kernel, mm: number, address: number): number {
  let at = address;
  for (let faults = 1; faults <= DEEPEST; faults++) {
    const vma = at < k.geometry.taskPages ? k.vmas.lookup(mm, at) : -1;
    if (vma < 0 || k.w.vma.refpage.data[vma] === 0 || leafAt(k, mm, at).entry !== 0) return faults;
    at = k.w.vma.refpage.data[vma] - 1;
  }
  return DEEPEST + 1;
}
