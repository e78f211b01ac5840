// What may happen next to the memory: each operation of the catalogue as the line of a trace and as the call of the
// simulated kernel that this line makes.

import { type Errno, FOLL_FAST_ONLY, FOLL_WRITE, isErrno } from "../../mm/abi.ts";
import type { Kernel } from "../../mm/kernel.ts";
import { pteAt } from "../../mm/observe.ts";
import { PTE_PRESENT } from "../../mm/pgtable.ts";
import {
  do_pages_move,
  get_user_pages,
  pin_user_pages,
  reclaim,
  release,
  split_pmd,
  swapout,
  sys_fork,
  sys_munmap,
  user_read,
  user_write,
  vmsplice,
} from "../../mm/syscalls.ts";
import { BYTES, CHILD, device, forked, has, MAIN, reader, type Stage, space, TEXTS, type Who } from "./stage.ts";

export interface Act {
  // The line, without the process before it and the name that its result gets.
  readonly text: string;
  readonly who: Who;
  // What its result is called: the child, or one of the two references; of many, the last one of each kind.
  readonly result?: "child" | Part | "other" | "pipe";
  // It is done so often, or not at all: as a `repeat` of the trace.
  readonly rounds?: number;
  // Whose reference it gives back.
  readonly releases?: Part;
  // The page of the memory that it writes to.
  readonly writes?: number;
  // Whether it can be done now, and may change something.
  may(stage: Stage): boolean;
  // What the kernel answers when it refuses.
  perform(stage: Stage): Errno | undefined;
}

// The part that a reference plays: a device that writes memory, or one who reads it.
export type Part = "device" | "reader";

const PROCESSES = [MAIN, CHILD] as const;
const PAGE = 4096n;

export function fork(): Act {
  return {
    text: "fork()",
    who: MAIN,
    result: "child",
    may: (stage) => !forked(stage) && space(stage, MAIN) >= 0,
    perform: ({ k }) => refusal(sys_fork(k, MAIN, "child")),
  };
}

// What a process writes before there are two is nobody's alone.
export function writes(page: number): Act[] {
  return PROCESSES.flatMap((who) =>
    [false, true].map((after): Act => {
      const writer = after ? (who === MAIN ? "main" : "child") : "before";
      return {
        text: `write(${place(page)}, "${TEXTS[writer]}")`,
        who,
        writes: page,
        may: (stage) => forked(stage) === after && has(stage, who, page),
        perform: ({ k, at }) => {
          user_write(k, who, at + BigInt(page) * PAGE, BYTES[writer]);
          return undefined;
        },
      };
    }),
  ).filter(({ who, text }) => who === MAIN || !text.includes(TEXTS.before));
}

// A read of what is mapped changes nothing.
export function reads(): Act[] {
  return PROCESSES.map((who) => ({
    text: "read(p)",
    who,
    may: (stage) => has(stage, who, 0) && (pteAt(stage.k, space(stage, who), stage.vpn) & PTE_PRESENT) === 0,
    perform: ({ k, at }) => {
      user_read(k, who, at, 1n);
      return undefined;
    },
  }));
}

// One page is referred to, by each of the two kinds of references, for a device that writes or somebody who reads.
export function references(): Act[] {
  const pins = ({ k }: Stage) => k.model.pinBias > 1;
  const calls: readonly Reference[] = [
    { part: "device", text: "get_user_pages(p, 4K, write|fast)", take: takes(get_user_pages, FOLL_WRITE) },
    { part: "device", text: "pin_user_pages(p, 4K, write|fast)", take: takes(pin_user_pages, FOLL_WRITE), pins },
    { part: "reader", text: "vmsplice(p, 4K)", take: vmsplice },
    { part: "reader", text: "pin_user_pages(p, 4K, fast)", take: takes(pin_user_pages, 0), pins },
  ];
  return calls.flatMap(({ part, text, take, pins }) =>
    PROCESSES.map((who) => ({
      text,
      who,
      result: part,
      may: (stage) => held(stage, part) < 0 && has(stage, who, 0) && (pins?.(stage) ?? true),
      perform: ({ k, at }) => refusal(take(k, who, at, PAGE)),
    })),
  );
}

type Take = (k: Kernel, task: number, addr: bigint, length: bigint) => number | Errno;

interface Reference {
  readonly part: Part;
  readonly text: string;
  readonly take: Take;
  pins?(stage: Stage): boolean;
}

function takes(call: typeof get_user_pages, flags: number): Take {
  return (k, task, addr, length) => call(k, task, addr, length, flags | FOLL_FAST_ONLY);
}

function held(stage: Stage, part: Part): number {
  return part === "device" ? device(stage) : reader(stage);
}

export function releases(): Act[] {
  const parts: readonly Part[] = ["device", "reader"];
  return parts.map((part) => ({
    text: `release(${part})`,
    who: MAIN,
    releases: part,
    may: (stage) => held(stage, part) >= 0,
    perform: (stage) => {
      release(stage.k, held(stage, part));
      return undefined;
    },
  }));
}

// The kernel takes the memory out of a process's address, or elsewhere. Reclaim asks no process; it differs from the
// process's own swapout where two map the page.
export function kernelWork(length: string): Act[] {
  const bytes = (stage: Stage) => BigInt(stage.scene.pages) * PAGE;
  const each = PROCESSES.flatMap((who): Act[] => [
    {
      text: `swapout(p, ${length})`,
      who,
      may: (stage) => has(stage, who, 0),
      perform: (stage) => refusal(swapout(stage.k, who, stage.at, bytes(stage))),
    },
    {
      text: `migrate(p, ${length})`,
      who,
      may: (stage) => has(stage, who, 0),
      perform: (stage) => refusal(do_pages_move(stage.k, who, stage.at, bytes(stage))),
    },
  ]);
  const any: Act = {
    text: "reclaim(1)",
    who: MAIN,
    may: forked,
    perform: ({ k }) => {
      reclaim(k, 1);
      return undefined;
    },
  };
  return [...each, any];
}

// Of all the memory, or of its first page alone.
export function unmaps(length: string, pages: number): Act[] {
  return PROCESSES.map((who) => ({
    text: `munmap(p, ${length})`,
    who,
    may: (stage) => has(stage, who, 0) || (pages > 1 && has(stage, who, pages - 1)),
    perform: ({ k, at }) => refusal(sys_munmap(k, who, at, BigInt(pages) * PAGE)),
  }));
}

export function splits(): Act[] {
  return PROCESSES.map((who) => ({
    text: "split_pmd(p)",
    who,
    may: (stage) => has(stage, who, 0),
    perform: ({ k, at }) => {
      split_pmd(k, who, at);
      return undefined;
    },
  }));
}

// Many at once, so that a counter of few bits comes to its end within some operations: children, and pipes that hold the page.
export function crowds(rounds: number): Act[] {
  const many = (text: string, result: "other" | "pipe", once: (stage: Stage) => number | Errno): Act => ({
    text,
    who: MAIN,
    result,
    rounds,
    may: (stage) => has(stage, MAIN, 0),
    perform: (stage) => {
      for (let round = 0; round < rounds; round++) {
        const errno = refusal(once(stage));
        if (errno !== undefined) return errno;
      }
      return undefined;
    },
  });
  return [
    many("fork()", "other", ({ k }) => sys_fork(k, MAIN, "other")),
    many("vmsplice(p, 4K)", "pipe", ({ k, at }) => vmsplice(k, MAIN, at, PAGE)),
  ];
}

function place(page: number): string {
  return page === 0 ? "p" : `p[${page}]`;
}

function refusal(result: number | Errno): Errno | undefined {
  return isErrno(result) ? result : undefined;
}
