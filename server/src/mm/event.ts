// One event of the journal as an object, for whoever shows it. Whoever reads many asks the journal itself.

// Decisions and tracepoints stand between the changes, in the order in which the kernel made them.
export type EventKind = "set" | "decide" | "trace";

// One invocation of a kernel function. `up` is its caller; undefined at the top of a system call.
export interface Frame {
  readonly id: number;
  readonly name: string;
  readonly file: string;
  readonly up: Frame | undefined;
}

export interface Event {
  readonly index: number;
  readonly kind: EventKind;
  readonly table: string;
  // Of a run the first one; it changes `count` rows, each of them from fromStep and to toStep more than the one before.
  readonly row: number;
  readonly field: string;
  readonly from: number;
  readonly to: number;
  readonly count: number;
  readonly fromStep: number;
  readonly toStep: number;
  readonly frame: Frame | undefined;
}

// What the event does to one of its rows.
export function eventOfRow(event: Event, row: number): Event {
  const { from, to, fromStep, toStep } = event;
  const i = row - event.row;
  return { ...event, row, count: 1, from: from + i * fromStep, to: to + i * toStep, fromStep: 0, toStep: 0 };
}
