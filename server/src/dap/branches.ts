// Setting a value: a branch of the recording from here, in which it is another one. The original future is kept.

import { branch, type Poke } from "../run/branch.ts";
import { isDone } from "./moment.ts";
import { say } from "./output.ts";
import { RequestError } from "./reply.ts";
import type { Session } from "./session.ts";
import { statementText } from "./trace.ts";

// Each keeps a world of its own.
const MOST_BRANCHES = 20;

// Leaves the timeline where the debugger stands, sets the values, and runs the rest anew.
export function branchHere(session: Session, pokes: readonly Poke[], what: string): void {
  const { timeline, loadedTrace: trace } = session;
  const { recording, moment } = timeline;
  if (moment.offset > 0 && !isDone(recording, moment)) {
    throw new RequestError(
      "bad-state",
      "a value can be set between two statements, not inside of the kernel: step back first",
    );
  }
  const step = timeline.stepsRun;
  if (step >= recording.steps.length) {
    throw new RequestError(
      "bad-state",
      "nothing runs behind the end of the trace: a value set here would change nothing",
    );
  }
  if (session.timelines.length > MOST_BRANCHES) {
    throw new RequestError("bad-state", `a session has at most ${MOST_BRANCHES} branches; restart forgets them`);
  }
  const name = `branch ${session.timelines.length}`;
  const options = {
    limits: session.launched?.limits,
    checkInvariants: session.launched?.checkInvariants,
    clock: () => session.host.now(),
  };
  const made = session.addBranch(branch(recording, step, pokes, name, options));
  // The set values are the first events of the next step: behind them, and before its statement.
  made.go({ step, offset: pokes.length });
  made.go(made.moment);
  session.switchTo(made);
  const line = recording.steps.line(step);
  const before = statementText(trace, recording.steps.statement(step));
  say(
    session,
    "console",
    `${name}: ${what} before line ${line + 1} (${before}); "branch 0" goes back to the trace as it stands`,
  );
}

// Goes to another timeline, at the step at which the debugger stands now.
export function goToBranch(session: Session, number: number): string {
  const timeline = session.timelines[number];
  if (!timeline) throw new RequestError("bad-expression", `branches go from 0 to ${session.timelines.length - 1}`);
  const { moment } = session.timeline;
  const shared = Math.min(moment.step, timeline.recording.steps.length);
  timeline.go({ step: shared, offset: 0 });
  session.switchTo(timeline);
  return number === 0 ? "the trace as it stands" : `branch ${number}`;
}
