// What may happen next to the memory: each operation of the catalogue as the line of a trace and as the call of the
// simulated kernel that this line makes.

import { type Errno, FOLL_FAST_ONLY, FOLL_WRITE, isErrno } from "../../mm/abi.ts";
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
} from "../../mm/syscalls.ts";
import { BYTES, CHILD, device, forked, has, MAIN, reader, type Stage, space, TEXTS, type Who } from "./stage.ts";

export interface Act {
  // The line, without the process before it and the name that its result gets.
  readonly text: string;
  readonly who: Who;
  // What its result is called: the child, or one of the two references.
  readonly result?: "child" | Part;
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

// One page is referred to, by each of the two calls, for a device that writes or somebody who reads.
export function references(): Act[] {
  const calls = [
    { call: "get_user_pages", take: get_user_pages },
    { call: "pin_user_pages", take: pin_user_pages },
  ];
  const parts = [
    { part: "device" as const, flags: "write|fast", bits: FOLL_WRITE | FOLL_FAST_ONLY, held: device },
    { part: "reader" as const, flags: "fast", bits: FOLL_FAST_ONLY, held: reader },
  ];
  return calls.flatMap(({ call, take }) =>
    parts.flatMap(({ part, flags, bits, held }) =>
      PROCESSES.map(
        (who): Act => ({
          text: `${call}(p, 4K, ${flags})`,
          who,
          result: part,
          may: (stage) =>
            held(stage) < 0 && has(stage, who, 0) && (take === get_user_pages || stage.k.model.pinBias > 1),
          perform: ({ k, at }) => refusal(take(k, who, at, PAGE, bits)),
        }),
      ),
    ),
  );
}

export function releases(): Act[] {
  const parts = [
    { part: "device" as const, held: device },
    { part: "reader" as const, held: reader },
  ];
  return parts.map(({ part, held }) => ({
    text: `release(${part})`,
    who: MAIN,
    releases: part,
    may: (stage) => held(stage) >= 0,
    perform: (stage) => {
      release(stage.k, held(stage));
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

function place(page: number): string {
  return page === 0 ? "p" : `p[${page}]`;
}

function refusal(result: number | Errno): Errno | undefined {
  return isErrno(result) ? result : undefined;
}
