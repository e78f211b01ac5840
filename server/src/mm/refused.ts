// Why a call is refused: what the kernel found is recorded beside its errno, so that it can be told to who asks why.

import type { Errno } from "./abi.ts";
import { type Condition, condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";
import { offset_in_page } from "./user_range.ts";

const UNALIGNED = condition("offset_in_page(addr)", "offset");

// `found` holds, and the number is what the kernel looked at. Returns the errno.
export function refused(k: Kernel, found: Condition, input: number, errno: Errno = "EINVAL"): Errno {
  k.decide(found, input, true);
  return errno;
}

// EINVAL for an address within a page, 0 otherwise.
export function unaligned(k: Kernel, addr: bigint): 0 | Errno {
  const offset = offset_in_page(k, addr);
  return offset === 0n ? 0 : refused(k, UNALIGNED, Number(offset));
}
