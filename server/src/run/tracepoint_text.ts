// A tracepoint of the kernel as one line of text.

import { FAULT_FLAG_REMOTE, FAULT_FLAG_UNSHARE, FAULT_FLAG_WRITE } from "../mm/abi.ts";
import type { Event } from "../mm/event.ts";
import type { Kernel } from "../mm/kernel.ts";
import { address } from "./show.ts";

const SIGNALS: Readonly<Record<number, string>> = { 7: "SIGBUS", 9: "SIGKILL", 11: "SIGSEGV" };

export function tracepointText(k: Kernel, event: Event): string {
  switch (event.field) {
    case "page_fault_user": {
      const kinds = [
        event.to & FAULT_FLAG_UNSHARE ? "unshare" : event.to & FAULT_FLAG_WRITE ? "write" : "read",
        ...(event.to & FAULT_FLAG_REMOTE ? ["remote"] : []),
      ];
      return `! page_fault_user ${k.side.taskNames[event.row]} ${address(k, event.from)} ${kinds.join(" ")}`;
    }
    case "signal_generate":
      return `! signal_generate ${k.side.taskNames[event.row]} ${SIGNALS[event.from] ?? event.from} at ${address(k, event.to)}`;
    case "mark_victim":
      return `! mark_victim ${k.side.taskNames[event.row]}: ${pagesText(event.from)}`;
    case "oom_kill":
      return `! oom_kill ${k.side.taskNames[event.row]}`;
    case "mm_page_alloc_failed":
      return `! mm_page_alloc_failed ${pagesText(event.from)} wanted, ${pagesText(event.to)} free`;
    default:
      return `! ${event.field} ${event.from} ${event.to}`;
  }
}

function pagesText(pages: number): string {
  return pages === 1 ? "1 page" : `${pages} pages`;
}
