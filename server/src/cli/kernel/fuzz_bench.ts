// What random traces are compared on: a real kernel that is booted once for all of them, or another model.

import { analyse } from "../../lang/document.ts";
import type { ModelName } from "../../mm/releases.ts";
import { modelsApart } from "../../run/fuzz/models_apart.ts";
import { compareOn, type TraceReport } from "../../run/linux/against.ts";
import { GuestNonsense } from "../../run/linux/drive.ts";
import { run } from "../../run/run.ts";
import { GuestDied, type GuestMachine } from "./machine.ts";

export interface Bench {
  // Whom the simulator is compared with: `Linux 6.12.107+deb13-cloud-amd64`, `mmtrace as 5.19`.
  readonly who: string;
  compare(text: string): Promise<TraceReport>;
  close(): Promise<void>;
}

// Guests that may be used up by one trace: emulation makes some kernels oops for reasons of their own.
const ATTEMPTS = 3;

// Traces run one after the other on one guest; one that dies is replaced, and its trace is run again.
export async function realBench(model: ModelName, open: () => Promise<GuestMachine>): Promise<Bench> {
  let machine: GuestMachine | undefined = await open();
  const who = `Linux ${machine.kernel}`;
  let id = 0;
  const close = async () => {
    await machine?.close();
    machine = undefined;
  };
  const once = async (text: string): Promise<TraceReport> => {
    machine ??= await open();
    id++;
    return compareOn(machine, id, run(analyse(text).program, { model }));
  };
  const compare = async (text: string): Promise<TraceReport> => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(text);
      } catch (error) {
        if (!(error instanceof GuestDied || error instanceof GuestNonsense)) throw error;
        await close();
        if (attempt >= ATTEMPTS) throw error;
      }
    }
  };
  return { who, compare, close };
}

export function modelBench(model: ModelName, other: ModelName): Bench {
  return {
    who: `mmtrace as ${other}`,
    compare: async (text) => modelsApart(text, model, other),
    close: async () => undefined,
  };
}
