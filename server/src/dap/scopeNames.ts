// The Names scope: what the names of the trace are bound to; an address opens into its page, entry and mapping.

import type { Address, Value } from "../lang/value.ts";
import type { Kernel } from "../mm/kernel.ts";
import { pageAt, vmaAt } from "../mm/observe.ts";
import { hex } from "../run/show.ts";
import { type Entry, named } from "./entry.ts";
import { nameValue, type ScopeSpec, taskName, type View, worldOf } from "./scope.ts";
import { valueEntry } from "./values.ts";

export const namesScope: ScopeSpec = {
  name: "Names",
  hint: "locals",
  expensive: false,
  children: (view) =>
    named(() => {
      const k = worldOf(view);
      const entries: Entry[] = [];
      for (const symbol of view.trace.program.symbols) {
        const value = nameValue(view, symbol.id);
        if (value === undefined) continue;
        const entry = valueEntry(k, symbol.name, value, view.style, symbol.name);
        const isAddress = typeof value === "object" && value !== null && value.kind === "address";
        entries.push(isAddress ? { ...entry, ...addressParts(view, symbol.name, value) } : entry);
      }
      return entries;
    }),
};

// What an address opens into, in the address space of the frame's process. `name` is an expression that gives it.
export function addressParts(view: View, name: string, address: Address): Pick<Entry, "children" | "memoryReference"> {
  const who = view.task === 0 ? "" : `${taskName(worldOf(view), view.task)}, `;
  return {
    memoryReference: `virt:${taskName(worldOf(view), view.task)}:${hex(address.at)}`,
    children: named(() => {
      const k = worldOf(view);
      const at = `${who}${name}`;
      return parts(k, view.task, address.at).map(([what, value]) =>
        valueEntry(k, what, value, view.style, `${what}(${at})`),
      );
    }),
  };
}

function parts(k: Kernel, task: number, at: bigint): [string, Value][] {
  const vpn = Number(at / BigInt(k.pageSize));
  const mm = k.w.task.mm.data[task] - 1;
  const inside = mm >= 0 && vpn < k.geometry.taskPages;
  const pfn = inside ? pageAt(k, mm, vpn) : -1;
  const vma = inside ? vmaAt(k, mm, vpn) : -1;
  return [
    ["page", pfn < 0 ? null : { kind: "page", pfn }],
    ["pte", { kind: "pte", task, vpn }],
    ["vma", vma < 0 ? null : { kind: "vma", vma }],
  ];
}
