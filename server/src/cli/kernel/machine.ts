// A real kernel that answers lines: booted in QEMU, or the one that this machine runs.

import { type ChildProcess, spawn } from "node:child_process";
import { release as ownKernel } from "node:os";
import { Duplex, type Readable, type Writable } from "node:stream";
import { InputError } from "../command.ts";
import { readKernel } from "./cache.ts";
import { type ConsoleText, consoleText } from "./console_text.ts";
import { guestProgram } from "./guest_program.ts";
import { initramfs } from "./initramfs.ts";
import { killAtExit } from "./kill_at_exit.ts";
import { type LineReader, lineReader } from "./lines.ts";
import { CONSOLE_FD, FROM_GUEST_FD, qemuArguments, TO_GUEST_FD } from "./qemu.ts";
import type { Release } from "./releases.ts";
import { type Env, needTool } from "./tools.ts";

export interface MachineOptions {
  readonly env: Env;
  // How long a boot may take, and an answer.
  readonly bootSeconds?: number;
  readonly answerSeconds?: number;
  readonly megabytes?: number;
  // Further words of the kernel's command line.
  readonly append?: readonly string[];
  // Another program than the project's, for tests.
  readonly program?: string;
  // Boots before giving up: emulation makes some kernels oops for reasons of its own.
  readonly boots?: number;
}

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

// The guest hung, panicked or ended before its answer. The message carries the end of the console.
export class GuestDied extends Error {
  override readonly name = "GuestDied";
  readonly console: string;
  constructor(what: string, text: string) {
    const shown = text.split("\n").filter((line) => line.trim() !== "");
    const tail = shown.slice(-CONSOLE_LINES).map((line) => `\n  ${line.slice(0, 200)}`);
    super(shown.length === 0 ? `${what}; its console is empty` : `${what}; its console ends:${tail.join("")}`);
    this.console = text;
  }
}

const CONSOLE_LINES = 30;
const BOOT_SECONDS = 60;
const ANSWER_SECONDS = 30;
const MEGABYTES = 1024;
const BOOTS = 3;

export async function openGuest(release: Release, options: MachineOptions): Promise<GuestMachine> {
  const qemu = await needTool("qemu-system-x86_64", "to boot a kernel", options.env);
  const kernel = await readKernel(release, options.env);
  const program = options.program ?? (await guestProgram(options.env));
  const args = qemuArguments({
    vmlinuz: kernel.vmlinuz,
    initramfs: await initramfs(kernel, program, options.env),
    megabytes: options.megabytes ?? MEGABYTES,
    append: options.append ?? [],
  });
  const boots = options.boots ?? BOOTS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await boot(release, qemu, args, options);
    } catch (error) {
      if (!(error instanceof GuestDied) || attempt >= boots) throw error;
    }
  }
}

function boot(release: Release, qemu: string, args: readonly string[], options: MachineOptions): Promise<GuestMachine> {
  const child = spawn(qemu, args, {
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
    env: { PATH: options.env.PATH },
  });
  return talk(child, `kernel ${release}`, release, options, {
    to: line(child, TO_GUEST_FD),
    // The guest may answer on its serial line as well as on the port.
    from: [line(child, FROM_GUEST_FD), line(child, TO_GUEST_FD)],
    // What QEMU itself complains of comes first.
    console: [line(child, 1), line(child, 2), line(child, CONSOLE_FD)],
  });
}

function line(child: ChildProcess, fd: number): Duplex {
  const stream = child.stdio[fd];
  if (!(stream instanceof Duplex)) throw new Error(`descriptor ${fd} of the child is no socket`);
  return stream;
}

// The kernel of this machine: the guest's program as a process among others, which only root may look around with.
export async function openHost(options: MachineOptions): Promise<GuestMachine> {
  if (process.platform !== "linux") {
    throw new InputError(
      `--kernel host needs Linux, and this machine runs ${process.platform}; choose a release instead`,
    );
  }
  if (process.getuid?.() !== 0) {
    throw new InputError(
      "--kernel host reads page frame numbers and counters, which Linux shows to root only; run it with sudo, or choose a release",
    );
  }
  const program = options.program ?? (await guestProgram(options.env));
  const child = spawn(program, ["--host"], { stdio: ["pipe", "pipe", "pipe"], env: { PATH: options.env.PATH } });
  return talk(child, `this machine's kernel ${ownKernel()}`, "host", options, {
    to: child.stdin,
    from: [child.stdout],
    console: [child.stderr],
  });
}

interface Streams {
  readonly to: Writable;
  readonly from: readonly Readable[];
  readonly console: readonly Readable[];
}

// Waits for the guest's `ready` and gives the machine; the child is gone when this throws.
async function talk(
  child: ChildProcess,
  who: string,
  release: Release | "host",
  options: MachineOptions,
  streams: Streams,
): Promise<GuestMachine> {
  const printed = consoleText();
  const lines = lineReader();
  const gone = whenGone(child, lines, printed);
  const forget = killAtExit(child);
  for (const stream of streams.from) lines.add(stream);
  for (const stream of streams.console) listen(stream, printed);
  streams.to.on("error", () => undefined);

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
    if ("line" in found) return found.line;
    const what = "ended" in found ? `${who} ${found.ended}` : `${who} ${late} within ${limitMs / 1000} seconds`;
    await close();
    throw new GuestDied(what, printed.text());
  };
  const next = (limitMs = (options.answerSeconds ?? ANSWER_SECONDS) * 1000) => nextLine(limitMs, "did not answer");

  const bootMs = (options.bootSeconds ?? BOOT_SECONDS) * 1000;
  const [kernel, version] = await ready((limitMs) => nextLine(limitMs, "did not come up"), bootMs);
  return {
    release,
    kernel,
    version,
    send: (line) => {
      if (/[\n\r\0]/.test(line)) throw new Error(`a line for the guest holds a line's end: ${JSON.stringify(line)}`);
      streams.to.write(`${line}\n`);
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
    if (said) return [said[1], said[2]];
  }
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

// Runs `work` on a fresh guest and closes it. A guest that dies is replaced and the work is done anew from its beginning.
export async function onGuest<T>(
  release: Release,
  options: MachineOptions,
  work: (machine: GuestMachine) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const machine = await openGuest(release, options);
    try {
      return await work(machine);
    } catch (error) {
      if (!(error instanceof GuestDied) || attempt >= (options.boots ?? BOOTS)) throw error;
    } finally {
      await machine.close();
    }
  }
}
