// The path that one statement took through the kernel, as a document: calls and events in order, indented by call depth.
//
//   handle_mm_fault (mm/memory.c)
//     handle_pte_fault (mm/memory.c)
//       do_wp_page (mm/memory.c)
//         ? folio_test_anon(folio): yes (anon 1)
//
// The rows are cheap and are all that a call stack needs; the text is made when a client opens the document.

import { isBookkeeping } from "../run/bookkeeping.ts";
import { describe } from "../run/describe.ts";
import type { Recording } from "../run/recording.ts";

export type PathRow =
  | { readonly kind: "call"; readonly frame: number; readonly depth: number }
  | { readonly kind: "event"; readonly event: number; readonly depth: number };

export interface KernelPath {
  readonly rows: readonly PathRow[];
  // Events behind the last row: a path is cut at LONGEST events.
  readonly cut: number;
  // Frame id → index of the row that calls it.
  readonly calls: ReadonlyMap<number, number>;
}

// A document of more events is of no use to a reader.
const LONGEST = 20_000;

export function kernelPath(recording: Recording, step: number): KernelPath {
  const { steps, kernel } = recording;
  const { journal } = kernel;
  const rows: PathRow[] = [];
  const calls = new Map<number, number>();
  const end = steps.end(step);
  let event = steps.start(step);
  for (let shown = 0; event < end && shown < LONGEST; event++) {
    const { table, name: field } = journal.info(event);
    if (isBookkeeping({ table, field })) continue;
    const stack: number[] = [];
    for (let at = journal.frame(event); at !== 0; at = journal.frameUp(at)) stack.unshift(at);
    for (const [depth, frame] of stack.entries()) {
      if (calls.has(frame)) continue;
      calls.set(frame, rows.length);
      rows.push({ kind: "call", frame, depth });
    }
    rows.push({ kind: "event", event, depth: stack.length });
    shown++;
  }
  return { rows, cut: end - event, calls };
}

// The index of the event's row, or of the last one before it that is shown.
export function rowOfEvent({ rows }: KernelPath, event: number): number {
  for (let i = rows.length - 1; i >= 0; i--) {
    const row = rows[i];
    if (row.kind === "event" && row.event <= event) return i;
  }
  return 0;
}

export function pathText(recording: Recording, path: KernelPath): string {
  const { kernel } = recording;
  const back = kernel.position;
  const lines = path.rows.map((row) => {
    const indent = "  ".repeat(row.depth);
    if (row.kind === "call") {
      const { name, file } = kernel.journal.frameFunction(row.frame);
      return `${indent}${name} (${file})`;
    }
    kernel.seek(row.event);
    return `${indent}${describe(kernel, kernel.journal.at(row.event))}`;
  });
  kernel.seek(back);
  if (path.cut > 0) lines.push(`… and ${path.cut.toLocaleString("en-US")} events more`);
  if (lines.length === 0) lines.push("(the kernel changed nothing)");
  return `${lines.join("\n")}\n`;
}
