// Work for real kernels, one piece after the other on a guest that stays up, and two kernels at a time where the machine
// has the cores. A guest that dies is replaced, and the piece that it died of is tried once more.

import { availableParallelism } from "node:os";
import type { GuestLine } from "../../run/linux/drive.ts";
import { GuestDied, type GuestMachine, type MachineOptions, openGuest, openHost } from "./machine.ts";
import type { Target } from "./targets.ts";

export interface Attended {
  // As `uname -r` says it.
  readonly kernel: string;
  readonly guest: GuestLine;
  // A number that no other piece of work of this guest has.
  readonly id: number;
}

// The guest was replaced, and died of the same piece of work again.
export interface Lost {
  readonly lost: string;
}

export async function attend<I, R>(
  target: Target,
  pieces: readonly I[],
  options: MachineOptions,
  work: (attended: Attended, piece: I) => Promise<R>,
  done: (piece: I, result: R | Lost, kernel: string) => void,
): Promise<void> {
  let machine: GuestMachine | undefined;
  let id = 0;
  try {
    for (const piece of pieces) {
      for (let attempt = 1; ; attempt++) {
        machine ??= await (target === "host" ? openHost(options) : openGuest(target, options));
        const open = machine;
        const guest: GuestLine = { send: (line) => open.send(line), next: () => open.next() };
        try {
          id++;
          done(piece, await work({ kernel: open.kernel, guest, id }, piece), open.kernel);
          break;
        } catch (error) {
          if (!(error instanceof Error && GIVES_UP.includes(error.name))) throw error;
          await open.close();
          machine = undefined;
          if (attempt === 1) continue;
          done(piece, { lost: error.message }, open.kernel);
          break;
        }
      }
    }
  } finally {
    await machine?.close();
  }
}

const GIVES_UP: readonly string[] = [GuestDied.name, "GuestDied", "GuestNonsense"];

// So many at a time.
export async function inTurn<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const waiting = [...items];
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, items.length)) }, worker));
}

export function guestsAtOnce(): number {
  return Math.min(2, availableParallelism());
}
