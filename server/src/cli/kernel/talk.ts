// The talk with a real kernel: lines there, lines back, a time limit for each, and what it printed when it says no more.

import type { ChildProcess } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { type ConsoleText, consoleText } from "./console_text.ts";
import { killAtExit } from "./kill_at_exit.ts";
import { type LineReader, lineReader } from "./lines.ts";
import type { Release } from "./releases.ts";
import { sendWindow } from "./window.ts";

export interface GuestMachine {
  readonly release: Release | "host";
  // As `uname -r` and `uname -v` say it.
  readonly kernel: string;
  readonly version: string;
  send(line: string): void;
  // The next line that the guest answers. Throws GuestDied when none comes in time or the guest has ended.
  next(limitMs?: number): Promise<string>;
  [Symbol.asyncIterator](): AsyncIterator<string>;
  // What the kernel printed, its last part.
  console(): string;
  // Ends the guest, whatever it is doing.
  close(): Promise<void>;
}

// The guest hung, panicked or ended before its answer. The message carries what the console says of it.
export class GuestDied extends Error {
  override readonly name = "GuestDied";
  readonly console: string;
  constructor(what: string, text: string) {
    const lines = text.split("\n").filter((line) => line.trim() !== "");
    // The line that names the trouble stands above its registers and call trace.
    const trouble = lines.findIndex((line) => TROUBLE.test(line));
    const shown = trouble < 0 ? lines.slice(-CONSOLE_LINES) : lines.slice(trouble, trouble + CONSOLE_LINES);
    const said = shown.map((line) => `\n  ${line.slice(0, 200)}`).join("");
    const where = trouble < 0 ? "ends" : "says";
    super(said === "" ? `${what}; its console is empty` : `${what}; its console ${where}:${said}`);
    this.console = text;
  }
}

const CONSOLE_LINES = 30;
const TROUBLE = /Kernel panic - |kernel BUG at|\bBUG: |\bOops\b|general protection fault|soft lockup|detected stall/;
// A boot takes some seconds, an answer some milliseconds; a machine that does much else at the time takes ten times as long.
const BOOT_SECONDS = 120;
const ANSWER_SECONDS = 60;

export interface TalkLimits {
  // How long a boot may take, and an answer.
  readonly bootSeconds?: number;
  readonly answerSeconds?: number;
}

export interface Streams {
  readonly to: Writable;
  readonly from: readonly Readable[];
  readonly console: readonly Readable[];
}

// Waits for the guest's `ready` and gives the machine; the child is gone when this throws.
export async function talk(
  child: ChildProcess,
  who: string,
  release: Release | "host",
  options: TalkLimits,
  streams: Streams,
): Promise<GuestMachine> {
  const printed = consoleText();
  const lines = lineReader();
  const gone = whenGone(child, lines, printed);
  const forget = killAtExit(child);
  for (const stream of streams.from) lines.add(stream);
  for (const stream of streams.console) listen(stream, printed);
  streams.to.on("error", () => undefined);
  const window = sendWindow((text) => streams.to.write(text));

  const close = async () => {
    child.kill("SIGKILL");
    lines.end("was closed");
    // What is unread would keep the child from counting as gone.
    for (const stream of child.stdio) stream?.destroy();
    await gone;
    forget();
  };
  const nextLine = async (limitMs: number, late: string): Promise<string> => {
    const found = await lines.next(limitMs);
    if ("line" in found) {
      window.answered(found.line);
      return found.line;
    }
    await close();
    const text = printed.text();
    const panicked = /^.*Kernel panic - .*$/m.test(text);
    throw new GuestDied(`${who} ${"late" in found ? late : panicked ? "panicked" : found.ended}`, text);
  };
  const next = (limitMs = (options.answerSeconds ?? ANSWER_SECONDS) * 1000) =>
    nextLine(limitMs, `did not answer within ${limitMs / 1000} seconds`);

  const bootSeconds = options.bootSeconds ?? BOOT_SECONDS;
  const late = `did not come up within ${bootSeconds} seconds`;
  const [kernel, version] = await ready((limitMs) => nextLine(limitMs, late), bootSeconds * 1000);
  return {
    release,
    kernel,
    version,
    send: (line) => {
      if (/[\n\r\0]/.test(line)) throw new Error(`a line for the guest holds a line's end: ${JSON.stringify(line)}`);
      window.push(line);
    },
    next,
    [Symbol.asyncIterator]: () => ({ next: async () => ({ value: await next(), done: false }) }),
    console: () => printed.text(),
    close,
  };
}

// The firmware writes to the same port before the kernel runs: what comes before `ready` is not the guest's.
async function ready(next: (limitMs: number) => Promise<string>, limitMs: number): Promise<[string, string]> {
  const at = performance.now() + limitMs;
  for (;;) {
    const said = /^ready (\S+) ?(.*)$/.exec(await next(Math.max(at - performance.now(), 1)));
    if (said) return [printable(said[1]), printable(said[2])];
  }
}

// It comes before a person's terminal.
function printable(text: string): string {
  return text.slice(0, 200).replaceAll(/[^\x20-\x7e]/g, "?");
}

function listen(stream: Readable, printed: ConsoleText): void {
  stream.setEncoding("latin1");
  stream.on("error", () => undefined);
  stream.on("data", (piece: string) => printed.add(piece));
}

function whenGone(child: ChildProcess, lines: LineReader, printed: ConsoleText): Promise<void> {
  return new Promise((resolve) => {
    child.once("error", (error) => {
      printed.add(`${error.message}\n`);
      lines.end("could not start");
      resolve();
    });
    // Not `exit`: what it wrote last is still on its way then.
    child.once("close", (code, signal) => {
      lines.end(signal === null ? `ended with status ${code}` : `was ended by ${signal}`);
      resolve();
    });
  });
}
