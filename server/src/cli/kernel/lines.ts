// Reads lines from streams of a program that is not trusted: a line that never ends and a flood that nobody reads both stop
// at a bound.

import type { Readable } from "node:stream";

const MOST_CHARACTERS = 1 << 20;
const MOST_WAITING = 20_000;

export type NextLine = { readonly line: string } | { readonly ended: string } | { readonly late: true };

export interface LineReader {
  add(stream: Readable): void;
  // The next line of any of the streams; `ended` when there will be none; `late` when none came in time.
  next(limitMs: number): Promise<NextLine>;
  // Nothing more will come: readers are told so after the lines that came before.
  end(why: string): void;
}

export function lineReader(): LineReader {
  const waiting: string[] = [];
  const streams: Readable[] = [];
  let taken = 0;
  let ended: string | undefined;
  let wake: (() => void) | undefined;

  const end = (why: string) => {
    ended ??= why;
    wake?.();
  };

  const add = (stream: Readable) => {
    let rest = "";
    streams.push(stream);
    stream.setEncoding("latin1");
    stream.on("error", () => undefined);
    stream.on("data", (piece: string) => {
      const lines = (rest + piece).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > MOST_CHARACTERS) return end(`wrote a line of more than ${MOST_CHARACTERS} characters`);
      for (const line of lines) waiting.push(line.endsWith("\r") ? line.slice(0, -1) : line);
      if (waiting.length - taken > MOST_WAITING) for (const one of streams) one.pause();
      if (lines.length > 0) wake?.();
    });
  };

  const take = (): NextLine | undefined => {
    if (taken < waiting.length) {
      const line = waiting[taken];
      taken += 1;
      // Those taken are dropped many at a time: taking from the front one by one would be quadratic.
      if (taken === waiting.length || taken > MOST_WAITING) {
        waiting.splice(0, taken);
        taken = 0;
        for (const one of streams) one.resume();
      }
      return { line };
    }
    return ended === undefined ? undefined : { ended };
  };

  const next = async (limitMs: number): Promise<NextLine> => {
    const at = performance.now() + limitMs;
    for (;;) {
      const found = take();
      if (found) return found;
      const left = at - performance.now();
      if (left <= 0) return { late: true };
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      wake = undefined;
    }
  };
  return { add, next, end };
}
