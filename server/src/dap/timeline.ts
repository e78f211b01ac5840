// The debugger's cursor over a recording: the one thing that moves when a person steps.

import type { Kernel } from "../mm/kernel.ts";
import type { Recording } from "../run/recording.ts";
import { isDone, type Moment, position, START, stepsRun } from "./moment.ts";

export class Timeline {
  readonly recording: Recording;
  // 0 for the run of the trace as it stands, then one for each branch, in the order in which they were made.
  readonly number: number;
  moment: Moment = START;
  // Where the debugger stood before it last moved: what the Changes scope compares with.
  previous: Moment = START;
  // Steps whose outcome was told to the console. A branch begins with what it shares with the timeline that it left.
  told: number;

  constructor(recording: Recording, number: number) {
    this.recording = recording;
    this.number = number;
    this.told = recording.branch?.step ?? 0;
  }

  go(moment: Moment): void {
    this.previous = this.moment;
    this.moment = moment;
  }

  get position(): number {
    return position(this.recording, this.moment);
  }

  // The world as it is now. Whoever looked at another moment in between has moved the kernel's cursor.
  get k(): Kernel {
    return this.at(this.moment);
  }

  at(moment: Moment): Kernel {
    const { kernel } = this.recording;
    kernel.seek(position(this.recording, moment));
    return kernel;
  }

  get stepsRun(): number {
    return stepsRun(this.recording, this.moment);
  }

  get atEnd(): boolean {
    return this.moment.step >= this.recording.steps.length;
  }

  // The statement that the debugger stands at, or behind when it is done; undefined at the trace's end.
  get statement() {
    const { steps, program } = this.recording;
    return this.atEnd ? undefined : program.statements[steps.statement(this.moment.step)];
  }

  // The task whose turn it is: of the statement that the debugger stands at; at the end, of the last one.
  get task(): number {
    const { steps } = this.recording;
    if (steps.length === 0) return 0;
    return steps.task(Math.min(this.moment.step, steps.length - 1));
  }

  // The event that happened last, when the debugger stands inside of the kernel.
  get lastEvent(): number | undefined {
    return this.moment.offset > 0 && !this.atEnd && !isDone(this.recording, this.moment)
      ? this.position - 1
      : undefined;
  }
}
