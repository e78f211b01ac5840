// A recording against a real kernel: each line with its observables, and what could not be compared.

import type { Kernel } from "../../mm/kernel.ts";
import type { Recording } from "../recording.ts";
import { briefOf } from "./brief.ts";
import { Comparison, type Observable } from "./compare.ts";
import { drive, type GuestLine } from "./drive.ts";
import type { Names } from "./places.ts";
import { type Plan, planOf } from "./plan.ts";
import { simulatedLook, simulatedResult } from "./simulated.ts";

export interface LineReport {
  readonly step: number;
  // 0-based.
  readonly line: number;
  // Of the operation, by the table.
  readonly operation: string;
  readonly observables: readonly Observable[];
  // What it came to in a few words, where it was run.
  readonly brief: { readonly simulated: string; readonly real: string } | undefined;
  // Why the line was not run, where that is all there is to say.
  readonly notRun: string | undefined;
}

export interface TraceReport {
  readonly model: string;
  readonly lines: readonly LineReport[];
  // The line from which on nothing was compared, and why.
  readonly end: { readonly line: number; readonly reason: string } | undefined;
}

export interface Tally {
  readonly compared: number;
  readonly agreed: number;
  readonly disagreed: number;
  readonly notVisible: number;
}

export async function compareOn(guest: GuestLine, id: number, recording: Recording): Promise<TraceReport> {
  const plan = planOf(recording);
  const { kernel, program, steps } = recording;
  const comparison = new Comparison(namesOf(recording), kernel.machine.lru_batch);
  const lines: LineReport[] = [];
  let end: Plan["end"] = plan.end;
  for await (const { planned, result, look, refused } of drive(guest, id, recording, plan)) {
    const { step, line } = planned;
    if (planned.process) continue;
    const statement = program.statements[steps.statement(step)];
    const operation = statement.kind === "operation" ? statement.op.name : statement.kind;
    if (refused !== undefined) {
      end = { line, reason: `the guest cannot do it: ${refused}` };
      break;
    }
    const row = { step, line, operation };
    if (result === undefined || look === undefined) {
      lines.push({ ...row, observables: [], brief: undefined, notRun: planned.reason });
      continue;
    }
    if (operation === "migrate") comparison.moved();
    const simulated = { look: simulatedLook(kernel), result: simulatedResult(recording, step) };
    const real = { look, result };
    const vpn = steps.place(step)?.vpn;
    const brief = {
      simulated: briefOf(simulated, planned.access.worker, vpn),
      real: briefOf(real, planned.access.worker, vpn),
    };
    lines.push({ ...row, observables: comparison.after(simulated, real), brief, notRun: undefined });
  }
  kernel.seek(recording.length);
  return { model: recording.model.name, lines, end };
}

export function tallyOf(reports: readonly TraceReport[]): Tally {
  let agreed = 0;
  let disagreed = 0;
  let notVisible = 0;
  for (const { lines } of reports) {
    for (const { observables, notRun } of lines) {
      if (notRun !== undefined) notVisible++;
      for (const { verdict } of observables) {
        if (verdict === "agree") agreed++;
        else if (verdict === "disagree") disagreed++;
        else notVisible++;
      }
    }
  }
  return { compared: agreed + disagreed, agreed, disagreed, notVisible };
}

// How the trace calls its processes and pins.
export function namesOf(recording: Recording): Names {
  const { steps, program, kernel } = recording;
  const pins = new Map<number, string>();
  for (let step = 0; step < steps.length; step++) {
    const value = steps.value(step);
    const statement = program.statements[steps.statement(step)];
    if (typeof value !== "object" || value?.kind !== "pin" || statement.kind !== "operation") continue;
    const { target } = statement;
    pins.set(value.pin, target === undefined ? `pin ${value.pin}` : program.symbols[target].name);
  }
  return {
    process: (worker) => processName(kernel, worker),
    pin: (pin) => pins.get(pin) ?? `pin ${pin}`,
  };
}

function processName(k: Kernel, worker: number): string {
  return k.side.taskNames[worker] ?? `process ${worker}`;
}
