// The Fault scope: what the last statement came to, what its last fault did, and why the kernel did it so.

import { type FaultRow, lastFault } from "../run/last_fault.ts";
import { address, hexRange } from "../run/show.ts";
import { type Entry, named } from "./entry.ts";
import { READ_ONLY, type ScopeSpec, taskName, type View, worldOf } from "./scope.ts";
import type { Timeline } from "./timeline.ts";
import { statementText } from "./trace.ts";
import { valueText } from "./values.ts";

export const faultScope: ScopeSpec = {
  name: "Fault",
  expensive: false,
  children: (view) => named(() => entries(view)),
};

// The statement that has begun, or else the one before: what happened last. -1 at the beginning.
function lastStep({ moment, atEnd }: Timeline): number {
  return moment.offset > 0 && !atEnd ? moment.step : moment.step - 1;
}

function entries(view: View): Entry[] {
  const { timeline } = view;
  const { steps } = timeline.recording;
  const step = lastStep(timeline);
  if (step < 0) return [];
  const outcome = steps.outcome(step);
  const known = step < timeline.stepsRun;
  const place = steps.place(step);
  const k = worldOf(view);
  return [
    entry("statement", statementText(view.trace, steps.statement(step))),
    entry("line", String(steps.line(step) + 1)),
    entry("process", taskName(k, steps.task(step))),
    entry("outcome", known ? outcome.words.join(" ") : "not known yet"),
    ...(known && outcome.value !== undefined ? [entry("value", valueText(k, outcome.value, view.style))] : []),
    ...(place ? [entry("range", hexRange(k, place.vpn, place.vpn + place.pages))] : []),
    ...fault(view, step),
  ];
}

function fault(view: View, step: number): Entry[] {
  const { timeline } = view;
  const found = lastFault(timeline.recording, timeline.position);
  if (!found || found.step !== step) return [];
  const k = worldOf(view);
  const { decisions, path } = found;
  const last = decisions.at(-1);
  return [
    entry("fault", `${found.access} at ${address(k, found.vpn)} by ${taskName(k, found.task)}`),
    ...(last ? [{ ...entry("decisions", bare(last.text)), children: named(() => decided(found)) }] : []),
    { ...entry("path", path.map(({ name }) => name).join(" ▸ ")), children: named(() => pathEntries(found)) },
  ];
}

// What the kernel asked, in order: `folio_ref_count(folio) == 1: no (refcount 2)`.
function decided({ decisions }: FaultRow): Entry[] {
  return decisions.map(({ text }, i) => entry(`${i + 1}`, bare(text)));
}

function pathEntries({ path }: FaultRow): Entry[] {
  return path.map(({ name, file, depth }, i) => entry(`${i + 1}`, `${"  ".repeat(depth)}${name} (${file})`));
}

export function bare(decision: string): string {
  return decision.replace(/^\? /, "");
}

function entry(name: string, value: string): Entry {
  return { name, value, hint: READ_ONLY };
}
