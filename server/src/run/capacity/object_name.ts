// What an object with a counter is called: a page by a name of the trace that leads to it, an address space by its processes.

import { folio_order, page_folio } from "../../mm/folio.ts";
import type { Kernel } from "../../mm/kernel.ts";
import { leafAt } from "../../mm/leaf.ts";
import { PTE_PRESENT, pte_pfn } from "../../mm/pgtable.ts";
import type { Field } from "../../mm/world.ts";
import type { Recording } from "../recording.ts";
import { mmName } from "../show.ts";

export function objectName(recording: Recording, field: Field, row: number): string {
  const { kernel: k } = recording;
  switch (field.table) {
    case "mm":
      return mmName(k, row);
    case "folio":
      return pageName(recording, k.w.folio.head.data[row]);
    case "swap":
      return `swap slot ${row}`;
    default:
      return pageName(recording, row);
  }
}

// `page(p)`, or where no name leads there `pfn 7`; of a large folio's page its place in it.
function pageName(recording: Recording, pfn: number): string {
  const { kernel: k } = recording;
  const folio = page_folio(k, pfn);
  const order = folio_order(k, folio);
  const name = named(recording, folio, 2 ** order) ?? `pfn ${folio}`;
  const whole = order === 0 ? name : `${name} of order ${order}`;
  return pfn === folio ? whole : `page ${pfn - folio} of ${whole}`;
}

// The first name whose address maps one of the pages.
function named(recording: Recording, first: number, pages: number): string | undefined {
  const { kernel: k, program, steps } = recording;
  for (const { id, name } of program.symbols) {
    const value = recording.nameAtStep(id, steps.length);
    if (value === null || typeof value !== "object" || value.kind !== "address") continue;
    const vpn = Number(value.at >> BigInt(k.geometry.pageShift));
    for (let task = 0; task < k.rows(k.w.task); task++) {
      if (k.w.task.alive.data[task] === 0) continue;
      const pfn = mapped(k, k.w.task.mm.data[task] - 1, vpn);
      if (pfn < first || pfn >= first + pages) continue;
      return task === 0 ? `page(${name})` : `page(${k.side.taskNames[task]}, ${name})`;
    }
  }
  return undefined;
}

function mapped(k: Kernel, mm: number, vpn: number): number {
  const { entry } = leafAt(k, mm, vpn);
  return (entry & PTE_PRESENT) === 0 ? -1 : pte_pfn(entry);
}
