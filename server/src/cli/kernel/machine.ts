// A real kernel that answers lines: booted in QEMU, or the one that this machine runs.

import { type ChildProcess, spawn } from "node:child_process";
import { release as ownKernel } from "node:os";
import { Duplex } from "node:stream";
import { InputError } from "../command.ts";
import { readKernel } from "./cache.ts";
import { bootableKernel } from "./direct_kernel.ts";
import { guestProgram } from "./guest_program.ts";
import { initramfs } from "./initramfs.ts";
import { CONSOLE_FD, FROM_GUEST_FD, qemuArguments, TO_GUEST_FD } from "./qemu.ts";
import type { Release } from "./releases.ts";
import { GuestDied, type GuestMachine, type TalkLimits, talk } from "./talk.ts";
import { type Env, findTool, needTool } from "./tools.ts";

export { GuestDied, type GuestMachine };

export interface MachineOptions extends TalkLimits {
  readonly env: Env;
  readonly megabytes?: number;
  // Further words of the kernel's command line.
  readonly append?: readonly string[];
  // Another program than the project's, for tests.
  readonly program?: string;
  // Boots before giving up: emulation makes some kernels oops for reasons of its own.
  readonly boots?: number;
}

const MEGABYTES = 1024;
const BOOTS = 3;

export async function openGuest(release: Release, options: MachineOptions): Promise<GuestMachine> {
  const qemu = await needTool("qemu-system-x86_64", "to boot a kernel", options.env);
  const kernel = await readKernel(release, options.env);
  const program = options.program ?? (await guestProgram(options.env));
  const args = qemuArguments({
    kernel: await bootableKernel(kernel, options.env),
    initramfs: await initramfs(kernel, program, options.env),
    megabytes: options.megabytes ?? MEGABYTES,
    append: options.append ?? [],
  });
  // Whatever ends this program without a chance to clean up takes the guest along.
  const setpriv = await findTool("setpriv", options.env);
  const command = setpriv ? [setpriv, "--pdeathsig", "KILL", qemu, ...args] : [qemu, ...args];
  const boots = options.boots ?? BOOTS;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await boot(release, command, options);
    } catch (error) {
      if (!(error instanceof GuestDied) || attempt >= boots) throw error;
    }
  }
}

function boot(release: Release, command: readonly string[], options: MachineOptions): Promise<GuestMachine> {
  const child = spawn(command[0], command.slice(1), {
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
