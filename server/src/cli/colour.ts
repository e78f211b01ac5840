// Colour on a terminal, plain text everywhere else; NO_COLOR and FORCE_COLOR are honoured (https://no-color.org).

import type { Io } from "./io.ts";

export interface Paint {
  good(text: string): string;
  bad(text: string): string;
  dim(text: string): string;
  strong(text: string): string;
}

const plain = (text: string) => text;
const PLAIN: Paint = { good: plain, bad: plain, dim: plain, strong: plain };

const code = (on: number, off: number) => (text: string) => `\x1b[${on}m${text}\x1b[${off}m`;
const COLOURED: Paint = { good: code(32, 39), bad: code(31, 39), dim: code(2, 22), strong: code(1, 22) };

export function paintFor(io: Io, stream: "out" | "err" = "out"): Paint {
  if (io.env.NO_COLOR) return PLAIN;
  const terminal = stream === "out" ? io.outTerminal : io.errTerminal;
  const wanted = io.env.FORCE_COLOR !== undefined && io.env.FORCE_COLOR !== "0";
  return wanted || (terminal && io.env.TERM !== "dumb") ? COLOURED : PLAIN;
}
