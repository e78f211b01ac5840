// Values as people read them, and as the language writes them.

import { quote } from "../lang/bytes.ts";
import type { Value } from "../lang/value.ts";
import { flagNames } from "../mm/flags.ts";
import type { Kernel } from "../mm/kernel.ts";
import { outcomeNames } from "../mm/outcome.ts";

export function show(value: Value, k: Kernel): string {
  if (value === null) return "none";
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return quote(value);
  switch (value.kind) {
    case "address":
      return hex(value.at);
    case "process":
      return `process ${k.side.taskNames[value.task]}`;
    case "file":
      return fileName(k, value.file);
    case "pin":
      return `pin ${value.pin}`;
    case "page":
      return `pfn ${value.pfn}`;
    case "folio":
      return `folio of pfn ${value.pfn}`;
    case "pte":
      return `pte of ${hex(BigInt(value.vpn) * BigInt(k.pageSize))}`;
    case "vma": {
      // One of a real machine is no row of the simulated world.
      if (value.vma < 0) return "a vma";
      const { start, end } = k.w.vma;
      return `vma ${hexRange(k, start.data[value.vma], end.data[value.vma])}`;
    }
    case "outcomes":
      return value.errno ?? (outcomeNames(value.bits).join(" ") || "ok");
    case "words":
      return value.words.join("|") || "none";
    case "machine":
      return "the machine";
    case "model":
      return `model ${k.model.name}`;
  }
}

// The value as it can be written in a trace, or undefined where nothing written means it.
export function source(value: Value): string | undefined {
  if (value === null) return "none";
  // A counter that the kernel prints signed is written with the minus sign.
  if (typeof value === "bigint") return value.toString();
  if (typeof value === "string") return quote(value);
  if (value.kind === "words") return value.words.join("|") || undefined;
  return value.kind === "address" ? hex(value.at) : undefined;
}

export function hex(value: bigint): string {
  return `0x${value.toString(16)}`;
}

// A virtual page number as an address.
export function address(k: Kernel, vpn: number): string {
  return `0x${(BigInt(vpn) << BigInt(k.geometry.pageShift)).toString(16)}`;
}

export function hexRange(k: Kernel, start: number, end: number): string {
  return `${address(k, start)}-${address(k, end)}`;
}

export function fileName(k: Kernel, file: number): string {
  return k.side.fileNames[file] ?? `file ${file}`;
}

// The tasks that run in an address space, as people say it. An address space without a task goes by its number.
export function mmName(k: Kernel, mm: number): string {
  const { task } = k.w;
  const names: string[] = [];
  for (let row = 0; row < k.rows(task); row++) if (task.mm.data[row] === mm + 1) names.push(k.side.taskNames[row]);
  return names.length > 0 ? names.join("+") : `mm ${mm}`;
}

// `+exclusive -anon`: which flags came and went.
export function flagChange(names: readonly (readonly [number, string])[], from: number, to: number): string {
  const came = flagNames(names, to & ~from).map((name) => `+${name}`);
  const went = flagNames(names, from & ~to).map((name) => `-${name}`);
  return [...came, ...went].join(" ") || `flags 0x${from.toString(16)} → 0x${to.toString(16)}`;
}
