// The Names scope: what the names of the trace are bound to; an address opens into its page, entry and mapping.

import type { TraceSymbol } from "../lang/program.ts";
import type { Address, Value } from "../lang/value.ts";
import type { Kernel } from "../mm/kernel.ts";
import { pageAt, vmaAt } from "../mm/observe.ts";
import { hex } from "../run/show.ts";
import { type Entry, MOST_NAMED, named, namedItems } from "./entry.ts";
import { nameValue, READ_ONLY, type ScopeSpec, taskName, type View, worldOf } from "./scope.ts";
import { valueEntry } from "./values.ts";

export const namesScope: ScopeSpec = {
  name: "Names",
  hint: "locals",
  expensive: false,
  children: (view) =>
    namedItems(
      () => shown(view),
      (symbol) => symbol.name,
      (symbol) => nameEntry(view, symbol),
    ),
};

// So many names stand in groups; those not bound yet keep their place there, so that the groups stay as they are.
function shown(view: View): readonly TraceSymbol[] {
  const { symbols } = view.trace.program;
  return symbols.length > MOST_NAMED ? symbols : symbols.filter(({ id }) => nameValue(view, id) !== undefined);
}

function nameEntry(view: View, { id, name }: TraceSymbol): Entry {
  const value = nameValue(view, id);
  if (value === undefined) return { name, value: "not bound yet", hint: READ_ONLY };
  const entry = valueEntry(worldOf(view), name, value, view.style, name);
  const isAddress = typeof value === "object" && value !== null && value.kind === "address";
  return isAddress ? { ...entry, ...addressParts(view, name, value) } : entry;
}

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
