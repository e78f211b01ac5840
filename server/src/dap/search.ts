// Running: from a moment in a direction to the first one that a breakpoint has, with what log points say on the way.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Armed } from "./breakpoint_store.ts";
import { compare, type Moment } from "./moment.ts";
import { type Direction, nearest } from "./watch.ts";

export interface Stop {
  readonly moment: Moment;
  readonly reason: P.StoppedEvent["body"]["reason"];
  readonly hits: readonly number[];
  // The filter of an exception.
  readonly armed: Armed | undefined;
}

const REASONS = {
  exception: "exception",
  data: "data breakpoint",
  function: "function breakpoint",
  line: "breakpoint",
} as const;
const KINDS = ["exception", "data", "function", "line"] as const;

export function search(armed: readonly Armed[], from: Moment, direction: Direction, bound: Moment): Stop | undefined {
  const hit = nearest(
    armed.filter(({ log }) => log === undefined),
    from,
    direction,
    bound,
  );
  if (!hit) return undefined;
  // Of several kinds at one moment, an exception says most.
  const kind = KINDS.find((candidate) => hit.watches.some((watch) => watch.kind === candidate)) ?? "line";
  return {
    moment: hit.moment,
    reason: REASONS[kind],
    hits: hit.watches.map(({ id }) => id),
    armed: hit.watches.find((watch) => watch.kind === kind),
  };
}

export interface Logged {
  readonly moment: Moment;
  readonly armed: Armed;
}

// The log points between two moments (`to` is in), in the order in which they are passed.
export function* logged(armed: readonly Armed[], from: Moment, direction: Direction, to: Moment): Generator<Logged> {
  const points = armed.filter(({ log }) => log !== undefined);
  if (points.length === 0) return;
  for (let at = from; ; ) {
    const hit = nearest(points, at, direction, to);
    if (!hit || compare(hit.moment, at) === 0) return;
    for (const watch of hit.watches) yield { moment: hit.moment, armed: watch };
    at = hit.moment;
  }
}
