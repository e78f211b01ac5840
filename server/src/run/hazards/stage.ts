// The stage on which sequences of operations are played: a kernel that undoes them again, with the one memory that they
// are about, and who stands on it.
//
// Everything that a sequence leaves behind is in the kernel's world, so that undoing its events is all there is to undo:
// which reference plays which part is read off the flags of the live pins.

import { FOLL_WRITE, isErrno, MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from "../../mm/abi.ts";
import { bug } from "../../mm/errors.ts";
import { Kernel } from "../../mm/kernel.ts";
import type { Model } from "../../mm/model.ts";
import { boot, new_task, sys_mmap, user_write } from "../../mm/syscalls.ts";
import { machineOf } from "../machine.ts";
import type { Scene } from "./scene.ts";

// The two processes, by their rows: the one that the memory belongs to, and its child.
export const MAIN = 0;
export const CHILD = 1;
export type Who = typeof MAIN | typeof CHILD;

export interface Stage {
  readonly k: Kernel;
  readonly scene: Scene;
  // Where the memory begins: in bytes, and as a virtual page number.
  readonly at: bigint;
  readonly vpn: number;
}

// What is written, by whom; the first byte of each tells them apart. The kernel never looks at it.
export const TEXTS = { before: "old", main: "main's", child: "child's", device: "dma" } as const;
export const BYTES = Object.fromEntries(
  Object.entries(TEXTS).map(([who, text]) => [who, Uint8Array.from(text, (letter) => letter.charCodeAt(0))]),
) as Readonly<Record<keyof typeof TEXTS, Uint8Array>>;

// The memory is there, and main has written to it.
export function stageOf(model: Model, scene: Scene): Stage {
  const settings = Object.entries(scene.machine).map(([key, value]) => ({ key, value }));
  const k = new Kernel(model, machineOf(settings), { journal: "changes" });
  boot(k);
  new_task(k, "main");
  const length = BigInt(scene.pages * k.pageSize);
  const private_rw = { prot: PROT_READ | PROT_WRITE, flags: MAP_PRIVATE | MAP_ANONYMOUS };
  const at = sys_mmap(k, MAIN, { ...private_rw, length, file: undefined, offset: 0n, at: undefined });
  if (isErrno(at)) bug(`hazards: mmap fails with ${at}`);
  user_write(k, MAIN, at, BYTES.before);
  return { k, scene, at, vpn: Number(at / BigInt(k.pageSize)) };
}

export function forked({ k }: Stage): boolean {
  return k.rows(k.w.task) > CHILD;
}

export function space({ k }: Stage, who: Who): number {
  return k.w.task.alive.data[who] === 1 && who < k.rows(k.w.task) ? k.w.task.mm.data[who] - 1 : -1;
}

// Whether the process lives and has a mapping of that page of the memory.
export function has(stage: Stage, who: Who, page: number): boolean {
  const mm = space(stage, who);
  return mm >= 0 && stage.k.vmas.lookup(mm, stage.vpn + page) >= 0;
}

// The live reference through which a device writes, or the one that somebody reads by; -1 when there is none. There is at
// most one of each.
export function device(stage: Stage): number {
  return reference(stage, FOLL_WRITE);
}
export function reader(stage: Stage): number {
  return reference(stage, 0);
}

function reference({ k }: Stage, write: number): number {
  const { pin } = k.w;
  for (let row = k.rows(pin) - 1; row >= 0; row--) {
    if (pin.live.data[row] === 1 && (pin.flags.data[row] & FOLL_WRITE) === write) return row;
  }
  return -1;
}
