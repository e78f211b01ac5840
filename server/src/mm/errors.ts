// Our own mistakes, and the limits that end a run. What the simulated kernel refuses is a value (abi.ts), never one of these.

class Bug extends Error {}

// Something that cannot happen happened: a mistake in this program, not in the trace. Caught once by the mouth.
export function bug(message: string): never {
  throw new Bug(message);
}

export type LimitKind = "events" | "time" | "memory";

export class LimitReached extends Error {
  readonly kind: LimitKind;
  constructor(kind: LimitKind, message: string) {
    super(message);
    this.kind = kind;
  }
}
