// What a guest's kernel printed, its last part: enough for a panic with its call trace, however much was printed before.

const MOST = 64 << 10;

export interface ConsoleText {
  add(piece: string): void;
  text(): string;
}

export function consoleText(): ConsoleText {
  let kept = "";
  return {
    add: (piece) => {
      kept = `${kept}${piece}`;
      if (kept.length > 2 * MOST) kept = kept.slice(-MOST);
    },
    text: () => printable(kept.slice(-MOST)),
  };
}

// The guest's bytes reach a terminal: only text passes, no escape sequence.
function printable(text: string): string {
  return text.replaceAll(/\r/g, "").replaceAll(/\x1b\[[0-9;?]*[A-Za-z]|[^\t\n\x20-\x7e]/g, "");
}
