// Has a real kernel do what a recording did, step after step, and gives what it answers.

import type { Recording } from "../recording.ts";
import { type Answer, type Begun, GuestReader } from "./guest.ts";
import type { Look, ResultLook } from "./look.ts";
import { resultLook } from "./outcome.ts";
import type { Plan, PlanStep } from "./plan.ts";
import { backingsOf } from "./simulated.ts";

// A line to a guest, however it is reached.
export interface GuestLine {
  send(line: string): void;
  next(): Promise<string>;
}

export interface Driven {
  readonly planned: PlanStep;
  // What the real kernel did and how it looks then; undefined where nothing was sent, or the guest could not do it.
  readonly result: ResultLook | undefined;
  readonly look: Look | undefined;
  // Why the guest could not: nothing of the trace is run behind it.
  readonly refused: string | undefined;
}

// The guest does not keep to the protocol, and what it says cannot be believed.
export class GuestNonsense extends Error {
  override readonly name = "GuestNonsense";
}

// Runs the plan as the trace of that number. The recording's kernel stands behind each step when it is given.
export async function* drive(
  guest: GuestLine,
  id: number,
  recording: Recording,
  plan: Plan,
): AsyncGenerator<Driven, void, void> {
  const { kernel, steps } = recording;
  const reader = new GuestReader();
  let operation = 0;
  let before: Look | undefined;
  const complete = async (): Promise<Answer | Begun> => {
    for (;;) {
      const taken = reader.take(await guest.next());
      if (taken === undefined) continue;
      if ("broken" in taken) throw new GuestNonsense(`the guest says what it should not: ${taken.broken}`);
      return taken;
    }
  };
  // Why it could not be begun.
  const begin = async (line: string): Promise<string | undefined> => {
    guest.send(line);
    const taken = await complete();
    if ("begun" in taken && line.startsWith(taken.begun)) return taken.refused;
    throw new GuestNonsense(`the guest gives no answer to \`${line}\``);
  };
  const answer = async (): Promise<Answer> => {
    for (;;) {
      const taken = await complete();
      if ("begun" in taken) throw new GuestNonsense("the guest begins what was not asked");
      if (taken.operation !== operation) {
        throw new GuestNonsense(`the guest answers operation ${taken.operation} where ${operation} was asked`);
      }
      return taken;
    }
  };
  const unable = await begin(`trace ${id} ${plan.settings}`);
  try {
    for (const planned of plan.steps) {
      kernel.seek(steps.start(planned.step));
      const backings = backingsOf(kernel, planned.access.worker);
      kernel.seek(steps.end(planned.step));
      const known = backings.concat(backingsOf(kernel, planned.access.worker));
      if (planned.send === undefined || planned.process || unable !== undefined) {
        const refused = unable ?? (planned.send === undefined ? undefined : await begin(planned.send));
        yield { planned, result: undefined, look: undefined, refused };
        if (refused !== undefined) return;
        continue;
      }
      operation++;
      guest.send(`op ${operation} ${planned.send}`);
      const first = await answer();
      let { look } = first;
      let { refused } = first;
      if (planned.afterwards !== undefined && refused === undefined) {
        operation++;
        guest.send(`op ${operation} ${planned.afterwards}`);
        const second = await answer();
        look = second.look;
        refused = second.refused;
      }
      if (refused !== undefined || first.result === undefined) {
        yield { planned, result: undefined, look: undefined, refused: refused ?? "it gave no result" };
        return;
      }
      const result = resultLook(first.result, planned.access, before, first.look, known);
      before = look;
      yield { planned, result, look, refused: undefined };
    }
  } finally {
    // A guest that died says nothing to this either; who asked it next knows.
    await begin("end").catch(() => undefined);
  }
}
