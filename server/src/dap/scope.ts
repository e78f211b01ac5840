// What the scopes of a frame have in common: when and for whom they look.

import type { Value } from "../lang/value.ts";
import type { Kernel } from "../mm/kernel.ts";
import type { Children } from "./entry.ts";
import type { Timeline } from "./timeline.ts";
import type { Trace } from "./trace.ts";
import type { Style } from "./values.ts";

export interface View {
  readonly trace: Trace;
  readonly timeline: Timeline;
  // The process of the frame: whose addresses are meant.
  readonly task: number;
  readonly style: Style;
}

export interface ScopeSpec {
  readonly name: string;
  readonly hint?: string;
  // A client does not open it by itself.
  readonly expensive: boolean;
  children(view: View): Children | undefined;
}

// The world as the view sees it.
export function worldOf(view: View): Kernel {
  return view.timeline.k;
}

export function taskName(k: Kernel, task: number): string {
  return k.side.taskNames[task] ?? `task ${task}`;
}

// The value of a name where the debugger stands; undefined before it is bound.
export function nameValue(view: View, symbol: number): Value | undefined {
  return view.timeline.recording.nameAtStep(symbol, view.timeline.stepsRun);
}

export const READ_ONLY = { attributes: ["readOnly"] };

// What the trace calls the pin, when it has a name for it.
export function pinName(view: View, pin: number): string | undefined {
  for (const symbol of view.trace.program.symbols) {
    if (symbol.kind !== "pin") continue;
    const value = nameValue(view, symbol.id);
    if (typeof value === "object" && value !== null && value.kind === "pin" && value.pin === pin) return symbol.name;
  }
  return undefined;
}
