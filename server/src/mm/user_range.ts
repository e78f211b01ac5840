// Addresses and lengths as user space passes them: 64 bits that may mean anything, and the pages that they mean.

import type { Kernel } from "./kernel.ts";

export const U64 = 0xffff_ffff_ffff_ffffn;

// Bytes of user space: TASK_SIZE.
export function TASK_SIZE(k: Kernel): bigint {
  return BigInt(k.geometry.taskPages) * BigInt(k.pageSize);
}

// The address's offset in its page, not 0 when it is not aligned. Mirrors offset_in_page(), include/linux/mm.h.
export function offset_in_page(k: Kernel, addr: bigint): bigint {
  return addr & BigInt(k.pageSize - 1);
}

// Rounded up to pages. The largest lengths wrap around to 0, as in the kernel. Mirrors PAGE_ALIGN(), include/linux/mm.h.
export function PAGE_ALIGN(k: Kernel, length: bigint): bigint {
  const mask = BigInt(k.pageSize - 1);
  return (length + mask) & ~mask & U64;
}

// The page's number; the address must be a user address. Mirrors PHYS_PFN(), include/linux/pfn.h.
export function pages_of(k: Kernel, bytes: bigint): number {
  return Number(bytes >> BigInt(k.geometry.pageShift));
}

export function address_of(k: Kernel, vpn: number): bigint {
  return BigInt(vpn) << BigInt(k.geometry.pageShift);
}

// The page at or before an address that may lie outside of user space, then the first page past it: what a search for
// VMAs needs, as nothing is mapped out there.
export function clamped_page(k: Kernel, addr: bigint): number {
  const size = TASK_SIZE(k);
  return addr < size ? pages_of(k, addr) : k.geometry.taskPages;
}
