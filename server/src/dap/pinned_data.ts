// Where the data of a pin goes its own way: the device (or the pipe) sees other bytes than the process that made the pin.

import type { Kernel } from "../mm/kernel.ts";
import { livePins, mmOf, pageAt } from "../mm/observe.ts";
import { NO_PAGE } from "../mm/page_alloc.ts";
import type { Recording } from "../run/recording.ts";
import { done, type Moment } from "./moment.ts";

// The steps after which the bytes of a pin differ and before which they did not. One walk over the recording; the
// kernel's cursor is left where it was.
export function corruptions(recording: Recording): Moment[] {
  const { steps, kernel } = recording;
  if (kernel.side.pinPages.length === 0) return [];
  const back = kernel.position;
  const found: Moment[] = [];
  let differing = new Set<number>();
  for (let step = 0; step < steps.length; step++) {
    if (!touchesMemory(recording, step)) continue;
    kernel.seek(steps.end(step));
    const now = new Set(livePins(kernel).filter((pin) => differs(kernel, pin)));
    if ([...now].some((pin) => !differing.has(pin))) found.push(done(recording, step));
    differing = now;
  }
  kernel.seek(back);
  return found;
}

function touchesMemory(recording: Recording, step: number): boolean {
  const { journal, w } = recording.kernel;
  for (let event = recording.steps.start(step); event < recording.steps.end(step); event++) {
    const field = journal.field(event);
    if (field === w.page.content.id || field === w.pte.entry.id) return true;
  }
  return false;
}

// Whether the pin sees other bytes than its owner does at the address that was pinned. A page that the owner does not
// map any more is no corruption: nobody looks at it from there.
export function differs(k: Kernel, pin: number): boolean {
  const mm = mmOf(k, k.w.pin.owner.data[pin] - 1);
  if (mm < 0) return false;
  const { content } = k.w.page;
  return k.side.pinPages[pin].some((pfn, i) => {
    const mapped = pageAt(k, mm, k.side.pinStarts[pin] + i);
    if (pfn === NO_PAGE || mapped < 0 || mapped === pfn) return false;
    const [held, seen] = [content.data[pfn], content.data[mapped]];
    return held !== seen && !sameBytes(k.contents.get(held), k.contents.get(seen));
  });
}

function sameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}
