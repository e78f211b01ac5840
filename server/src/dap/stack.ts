// The call stack of a process: the kernel functions that it stands in, innermost first, above its line of the trace.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Client } from "./client.ts";
import { type KernelPath, kernelPath, rowOfEvent } from "./kernel_path.ts";
import { lowerBound, stepsOfTask } from "./statements.ts";
import type { Timeline } from "./timeline.ts";
import { nameOf, statementText, type Trace, traceSource } from "./trace.ts";

export interface FramePlace {
  readonly task: number;
  // The invocation of a kernel function; undefined for the trace's line.
  readonly frame: number | undefined;
}

export interface StackFrame {
  readonly place: FramePlace;
  readonly name: string;
  readonly source: P.Source;
  // From 0.
  readonly line: number;
  readonly column: number;
  readonly endColumn: number | undefined;
  readonly isKernel: boolean;
}

// The number of frames, and those from `start` on. `reference` numbers the document of a step's kernel path.
export function stackOf(
  trace: Trace,
  timeline: Timeline,
  task: number,
  reference: (step: number) => number,
  start: number,
  count: number,
): { frames: StackFrame[]; total: number } {
  const kernel = task === timeline.task ? kernelFrames(timeline) : [];
  const line = traceStep(timeline, task);
  const total = kernel.length + 1;
  const frames: StackFrame[] = [];
  if (kernel.length > start && count > 0) {
    const path = pathOf(timeline, timeline.moment.step);
    const source = kernelSource(trace, timeline, reference(timeline.moment.step));
    for (let i = start; i < Math.min(kernel.length, start + count); i++) {
      frames.push(kernelFrame(timeline, task, kernel, i, path, source));
    }
  }
  if (start + count >= total && start < total) frames.push(traceFrame(trace, timeline, task, line));
  return { frames, total };
}

// The invocations that the last event happened in, innermost first.
function kernelFrames(timeline: Timeline): number[] {
  const { lastEvent, recording } = timeline;
  if (lastEvent === undefined) return [];
  const { journal } = recording.kernel;
  const frames: number[] = [];
  for (let at = journal.frame(lastEvent); at !== 0; at = journal.frameUp(at)) frames.push(at);
  return frames;
}

// Each frame stands where it is: the innermost at the last event, the others where they called the next one.
function kernelFrame(
  timeline: Timeline,
  task: number,
  frames: readonly number[],
  index: number,
  path: KernelPath,
  source: P.Source,
): StackFrame {
  const { recording, lastEvent } = timeline;
  const fn = recording.kernel.journal.frameFunction(frames[index]);
  const line = index === 0 ? rowOfEvent(path, lastEvent ?? 0) : (path.calls.get(frames[index - 1]) ?? 0);
  return {
    place: { task, frame: frames[index] },
    name: fn.name,
    source: { ...source, origin: fn.file },
    line,
    column: 0,
    endColumn: undefined,
    isKernel: true,
  };
}

export function kernelSource(trace: Trace, timeline: Timeline, sourceReference: number): P.Source {
  const { step } = timeline.moment;
  const line = timeline.recording.steps.line(step) + 1;
  return { name: `kernel path of ${nameOf(trace.path)}:${line}, step ${step + 1}`, sourceReference };
}

function traceFrame(trace: Trace, timeline: Timeline, task: number, step: number | undefined): StackFrame {
  const { steps, program } = timeline.recording;
  const source = traceSource(trace);
  const place = { task, frame: undefined };
  if (step === undefined) {
    const name = `${taskNameOf(timeline, task)}: end of the trace`;
    return { place, name, source, line: lastLine(timeline), column: 0, endColumn: undefined, isKernel: false };
  }
  const statement = steps.statement(step);
  const { line, start, end } = program.statements[statement];
  return {
    place,
    name: frameName(trace, timeline, step),
    source,
    line,
    column: start,
    endColumn: end,
    isKernel: false,
  };
}

// `write(p[i], 1)`, and in a repeat `write(p[i], 1) · round 3 of 10`.
function frameName(trace: Trace, timeline: Timeline, step: number): string {
  const { steps } = timeline.recording;
  const [loop] = steps.roundsOf(step);
  const text = statementText(trace, steps.statement(step));
  return loop ? `${text} · round ${loop.round + 1} of ${loop.count}` : text;
}

// The step whose line stands for the process: the one in progress, else its next one, else its last one.
function traceStep(timeline: Timeline, task: number): number | undefined {
  const { moment, recording } = timeline;
  if (timeline.atEnd) return undefined;
  if (recording.steps.task(moment.step) === task) return moment.step;
  const steps = stepsOfTask(recording, task);
  const at = lowerBound(steps, moment.step);
  return steps[at] ?? steps[at - 1] ?? moment.step;
}

function lastLine({ recording }: Timeline): number {
  return recording.program.statements.at(-1)?.line ?? 0;
}

function taskNameOf({ recording }: Timeline, task: number): string {
  return recording.kernel.side.taskNames[task] ?? `task ${task}`;
}

// The last path that was asked for is asked for again at every stop inside of it.
const paths = new WeakMap<object, { step: number; path: KernelPath }>();

export function pathOf({ recording }: Timeline, step: number): KernelPath {
  const known = paths.get(recording);
  if (known?.step === step) return known.path;
  const path = kernelPath(recording, step);
  paths.set(recording, { step, path });
  return path;
}

export function toProtocol(frame: StackFrame, id: number, client: Client): P.StackFrame {
  const { firstLine, firstColumn } = client;
  return {
    id,
    name: frame.name,
    source: frame.source,
    line: frame.line + firstLine,
    column: frame.column + firstColumn,
    ...(frame.endColumn === undefined
      ? {}
      : { endLine: frame.line + firstLine, endColumn: frame.endColumn + firstColumn }),
    canRestart: true,
  };
}
