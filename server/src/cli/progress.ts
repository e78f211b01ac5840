// One line on the terminal that says how far long work is; nothing at all when standard error is no terminal.

import type { Io } from "./io.ts";

export interface Progress {
  say(text: string): void;
  // Wipes the line.
  end(): void;
}

// A line that appears at once only flickers: the first one waits this long, later ones keep this distance.
const PATIENCE_MS = 300;

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
