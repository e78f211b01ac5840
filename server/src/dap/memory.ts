// Memory as a client reads it: `virt:PROC:ADDRESS` through the page tables of a process, `phys:PFN` a frame itself.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { folio_nr_pages, page_folio } from "../mm/folio.ts";
import type { Kernel } from "../mm/kernel.ts";
import { contentOf, liveTasks, mmOf } from "../mm/observe.ts";
import { max_pfn } from "../mm/page_alloc.ts";
import { hex } from "../run/show.ts";
import { RequestError } from "./reply.ts";

interface Memory {
  readonly start: bigint;
  // First byte past what can be asked for.
  readonly end: bigint;
  // The content of a page of it, also of one in swap; -1 where nothing can be read.
  content(page: bigint): number;
  name(address: bigint): string;
}

// More bytes at once are given in several replies.
const MOST_BYTES = 4 * 2 ** 20;

export function readMemory(
  k: Kernel,
  reference: string,
  offset: number,
  count: number,
): NonNullable<P.ReadMemoryResponse["body"]> {
  if (count > MOST_BYTES) throw new RequestError("bad-arguments", `at most ${MOST_BYTES} bytes can be read at once`);
  const memory = memoryOf(k, reference);
  const first = memory.start + BigInt(offset);
  const address = first < 0n ? reference : memory.name(first);
  const size = BigInt(k.pageSize);
  const bytes: number[] = [];
  for (let at = first; bytes.length < count; ) {
    const content = at < 0n || at >= memory.end ? -1 : memory.content(at / size);
    if (content < 0) break;
    const within = Number(at % size);
    const room = Math.min(count - bytes.length, k.pageSize - within);
    for (let i = 0; i < room; i++) bytes.push(k.contents.byte(content, within + i));
    at += BigInt(room);
  }
  const unreadableBytes = unreadable(memory, first + BigInt(bytes.length), count - bytes.length, size);
  return {
    address,
    ...(bytes.length > 0 ? { data: base64(bytes) } : {}),
    ...(unreadableBytes > 0 ? { unreadableBytes } : {}),
  };
}

// How many bytes from `from` on cannot be read, at most `count`.
function unreadable(memory: Memory, from: bigint, count: number, size: bigint): number {
  let at = from;
  while (at < from + BigInt(count)) {
    if (at >= 0n && at < memory.end && memory.content(at / size) >= 0) break;
    at = at < 0n ? at + 1n : (at / size + 1n) * size;
  }
  const found = Number(at - from);
  return Math.min(found, count);
}

function memoryOf(k: Kernel, reference: string): Memory {
  const virtual = /^virt:([A-Za-z_]\w*):(0x[0-9a-fA-F]{1,16}|\d{1,20})$/.exec(reference);
  if (virtual) {
    const task = liveTasks(k).find((row) => k.side.taskNames[row] === virtual[1]);
    if (task === undefined) throw new RequestError("not-here", `there is no process ${virtual[1]} here`);
    const mm = mmOf(k, task);
    return {
      start: BigInt(virtual[2]),
      end: BigInt(k.geometry.taskPages) * BigInt(k.pageSize),
      content: (page) => contentOf(k, mm, Number(page)),
      name: hex,
    };
  }
  const physical = /^phys:(\d{1,12})$/.exec(reference);
  if (physical) {
    const pfn = Number(physical[1]);
    if (pfn >= max_pfn(k)) throw new RequestError("not-here", `the machine has no frame ${pfn}`);
    // One frame, and what follows it in its folio: what lies beside that in memory means nothing.
    const head = page_folio(k, pfn);
    const end = head + folio_nr_pages(k, head);
    return {
      start: BigInt(pfn) * BigInt(k.pageSize),
      end: BigInt(end) * BigInt(k.pageSize),
      content: (page) => {
        const isOfFolio = page >= head && page < end && k.w.page._refcount.data[head] > 0;
        return isOfFolio ? k.w.page.content.data[Number(page)] : -1;
      },
      name: hex,
    };
  }
  throw new RequestError("bad-arguments", `"${reference.slice(0, 80)}" is neither virt:PROCESS:ADDRESS nor phys:PFN`);
}

function base64(bytes: readonly number[]): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 8192) text += String.fromCharCode(...bytes.slice(at, at + 8192));
  return btoa(text);
}
