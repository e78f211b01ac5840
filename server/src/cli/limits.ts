// The options that say how much a run may do before it is stopped.

import { parseNumber } from "../lang/number.ts";
import type { RunOptions } from "../run/run.ts";
import { type Arguments, type Option, UsageError, wholeNumber } from "./command.ts";

export const LIMIT_OPTIONS: readonly Option[] = [
  { name: "limit-events", value: "N", help: "stop a run after N events (default 20000000)" },
  { name: "limit-seconds", value: "N", help: "stop a run after N seconds (default 60)" },
  { name: "limit-memory", value: "SIZE", help: "stop a run whose recording takes more, as 512M (default 2G)" },
];

export function limitsOf(args: Arguments): NonNullable<RunOptions["limits"]> {
  const seconds = wholeNumber(args, "limit-seconds", 1);
  return {
    events: wholeNumber(args, "limit-events", 1),
    milliseconds: seconds === undefined ? undefined : seconds * 1000,
    bytes: sizeOf(args, "limit-memory"),
  };
}

function sizeOf(args: Arguments, name: string): number | undefined {
  const text = args.text(name);
  if (text === undefined) return undefined;
  const size = parseNumber(text);
  if (typeof size !== "bigint" || size === 0n)
    throw new UsageError(`--${name} needs a size such as 512M, not '${text}'`);
  return Number(size);
}
