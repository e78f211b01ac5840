// A recording whose faults also change many rows at once, as a large folio would: for those who read runs of events.

import type { Kernel } from "../../server/src/mm/kernel.ts";
import type { Recording } from "../../server/src/run/recording.ts";
import { start } from "../../server/src/run/run.ts";
import { MODEL, programOf } from "./record.ts";

// `change` is called at the beginning of each fault of a process, with the fault's number.
export function recordRuns(text: string, change: (k: Kernel, fault: number) => void): Recording {
  const execution = start(programOf(text), { model: MODEL });
  const { kernel } = execution.recording;
  const trace = kernel.trace.bind(kernel);
  let faults = 0;
  kernel.trace = (what, row, from, to) => {
    trace(what, row, from, to);
    if (what === "page_fault_user") change(kernel, faults++);
  };
  execution.advance(Number.POSITIVE_INFINITY);
  return execution.recording;
}
