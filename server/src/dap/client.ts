// What the client at the other end is like: how it counts lines, and what it understands.

import type { Args } from "./arguments.ts";

export interface Client {
  // 1 when its first line is line 1, else 0; ours count from 0.
  readonly firstLine: number;
  readonly firstColumn: number;
  readonly paging: boolean;
  readonly memoryReferences: boolean;
  readonly invalidated: boolean;
  readonly progress: boolean;
}

// A client that has not said anything, as the protocol's defaults have it.
export const UNKNOWN_CLIENT: Client = {
  firstLine: 1,
  firstColumn: 1,
  paging: false,
  memoryReferences: false,
  invalidated: false,
  progress: false,
};

export function clientOf(args: Args): Client {
  return {
    firstLine: args.raw("linesStartAt1") === false ? 0 : 1,
    firstColumn: args.raw("columnsStartAt1") === false ? 0 : 1,
    paging: args.flag("supportsVariablePaging"),
    memoryReferences: args.flag("supportsMemoryReferences"),
    invalidated: args.flag("supportsInvalidatedEvent"),
    progress: args.flag("supportsProgressReporting"),
  };
}
