// What an exception stop has to say: which rule, what the kernel decided last before it, whose it is, what it prints.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { lastFault } from "../run/last_fault.ts";
import { address } from "../run/show.ts";
import type { FilterSpec } from "./exceptions.ts";
import { taskName, type View, worldOf } from "./scope.ts";
import { bare } from "./scope_fault.ts";
import { statementText } from "./trace.ts";

// What the client shows in one line beside "Paused on exception".
export function exceptionText(view: View, filter: FilterSpec): string {
  const { timeline } = view;
  const { recording, moment } = timeline;
  const step = Math.min(moment.step, recording.steps.length - 1);
  const failures = recording.facts.filter((fact) => fact.step === step);
  const said = failures.map((fact) => fact.message((of) => recording.steps.line(of) + 1));
  if (said.length > 0 && (filter.id === "unexpected" || filter.id === "expect" || filter.id === "invariant")) {
    return said.join("; ");
  }
  if (filter.id === "errno")
    return `${statementText(view.trace, recording.steps.statement(step))}: ${recording.steps.errno(step)}`;
  return filter.description;
}

export function exceptionInfo(view: View, filter: FilterSpec): NonNullable<P.ExceptionInfoResponse["body"]> {
  const { timeline, trace } = view;
  const { recording, moment } = timeline;
  const { steps } = recording;
  const step = Math.min(moment.step, steps.length - 1);
  const k = worldOf(view);
  const fault = lastFault(recording, timeline.position);
  const here = fault?.step === step ? fault : undefined;
  const decision = here?.decisions.at(-1);
  const process = taskName(k, steps.task(step));
  const lines = [
    exceptionText(view, filter),
    `${trace.path}:${steps.line(step) + 1}: ${statementText(trace, steps.statement(step))}`,
    `process ${process}`,
    ...(here ? [`${here.access} fault at ${address(k, here.vpn)}`] : []),
    ...(decision ? [`decided by ${bare(decision.text)}`] : []),
    ...printed(view, step),
  ];
  return {
    exceptionId: filter.id,
    description: lines.join("\n"),
    breakMode: filter.default ? "unhandled" : "always",
    details: {
      message: exceptionText(view, filter),
      typeName: filter.label,
      ...(here
        ? { stackTrace: here.path.map(({ name, file, depth }) => `${"  ".repeat(depth)}${name} (${file})`).join("\n") }
        : {}),
    },
  };
}

// What the kernel's log would say (show_signal_msg(), arch/x86/mm/fault.c; oom_kill_process(), mm/oom_kill.c).
function printed(view: View, step: number): string[] {
  const { recording } = view.timeline;
  const k = worldOf(view);
  const { signal } = recording.steps.outcome(step);
  const process = taskName(k, recording.steps.task(step));
  const fault = lastFault(recording, view.timeline.position);
  if (signal === "SIGSEGV" && fault) {
    // X86_PF_USER, with X86_PF_WRITE for a write.
    const error = 4 | (fault.access === "write" ? 2 : 0);
    return [`kernel: ${process}: segfault at ${address(k, fault.vpn).slice(2)} error ${error}`];
  }
  if (signal === "OOM") return [`kernel: Out of memory: Killed process (${process})`];
  return [];
}
