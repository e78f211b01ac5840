// One line on the terminal that says how far long work is; nothing when standard error is no terminal, unless a program that
// reads it asks for lines.

import type { Arguments, Option } from "./command.ts";
import type { Io } from "./io.ts";

export interface Progress {
  say(text: string): void;
  // Wipes the line.
  end(): void;
}

// A line that appears at once only flickers: the first one waits this long, later ones keep this distance.
const PATIENCE_MS = 300;

export const PROGRESS_OPTION: Option = {
  name: "progress",
  help: "say how far it is on standard error, in lines that begin with 'progress: '",
};

export function progressFor(args: Arguments, io: Io): Progress {
  return args.on("progress") ? progressLines(io) : progressOn(io);
}

export function progressOn(io: Io): Progress {
  if (!io.errTerminal || io.env.TERM === "dumb") return { say: () => undefined, end: () => undefined };
  let shownAt = io.now();
  let shown = false;
  return {
    say: (text) => {
      if (io.now() - shownAt < PATIENCE_MS) return;
      shownAt = io.now();
      shown = true;
      io.err(`\r\x1b[2K${text.slice(0, 100)}`);
    },
    end: () => {
      if (shown) io.err("\r\x1b[2K");
    },
  };
}

// Lines come at once, and no two of the same text.
function progressLines(io: Io): Progress {
  let last = "";
  return {
    say: (text) => {
      if (text !== last) io.err(`progress: ${text}\n`);
      last = text;
    },
    end: () => undefined,
  };
}
