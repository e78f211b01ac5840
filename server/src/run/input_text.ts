// What a decision looked at, as people read it: an address for a VMA, names for flags, the number for a counter.

import {
  FAULT_FLAG_ALLOW_RETRY,
  FAULT_FLAG_REMOTE,
  FAULT_FLAG_TRIED,
  FAULT_FLAG_UNSHARE,
  FAULT_FLAG_WRITE,
} from "../mm/abi.ts";
import { flagNames, VMA_FLAG_NAMES } from "../mm/flags.ts";
import type { Kernel } from "../mm/kernel.ts";
import { address, fileName, hexRange } from "./show.ts";

const FAULT_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [FAULT_FLAG_WRITE, "write"],
  [FAULT_FLAG_ALLOW_RETRY, "allow_retry"],
  [FAULT_FLAG_TRIED, "tried"],
  [FAULT_FLAG_REMOTE, "remote"],
  [FAULT_FLAG_UNSHARE, "unshare"],
];

// `refcount 2`, `vm_flags read|write`, `vma 0x200000000000-0x200000001000`. The kernel is to stand just before the event.
export function inputText(k: Kernel, input: string, value: number): string {
  return `${input} ${valueText(k, input, value)}`;
}

function valueText(k: Kernel, input: string, value: number): string {
  switch (input) {
    case "vm_flags":
      return flagNames(VMA_FLAG_NAMES, value).join("|") || "none";
    case "flags that differ":
      return flagNames(VMA_FLAG_NAMES, value).join("|") || "none";
    case "fault flags":
      return flagNames(FAULT_FLAG_NAMES, value).join("|") || "none";
    case "index":
      return `0x${value.toString(16)}`;
    case "address":
      return address(k, value);
    case "vma":
      return value === 0 ? "none" : hexRange(k, k.w.vma.start.data[value - 1], k.w.vma.end.data[value - 1]);
    case "anon_vma":
      return value === 0 ? "none" : String(value - 1);
    case "file":
      return value === 0 ? "none" : fileName(k, value - 1);
    case "swap slot":
      return value === 0 ? "none" : String(value);
    default:
      return String(value);
  }
}
