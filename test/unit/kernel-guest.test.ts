// The talk with a real kernel, with a shell script in QEMU's place: what it says, and how it is ended when it says nothing.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { type TestContext, test } from "node:test";
import { consoleText } from "../../server/src/cli/kernel/console_text.ts";
import { lineReader } from "../../server/src/cli/kernel/lines.ts";
import {
  GuestDied,
  type GuestMachine,
  type MachineOptions,
  onGuest,
  openGuest,
  openHost,
} from "../../server/src/cli/kernel/machine.ts";
import { qemuArguments } from "../../server/src/cli/kernel/qemu.ts";
import { sendWindow } from "../../server/src/cli/kernel/window.ts";
import { cachedKernel, type Place, place } from "../support/kernel.ts";

const READY = 'echo "SeaBIOS says hello" >&5; echo "ready 6.1.0-1-cloud-amd64 #1 SMP Debian" >&5';
const ECHO = 'while read -r line <&4; do echo "$line" >&5; done';
const COUNT = 'echo x >> "$0.boots"';

// A cache with a kernel 6.1, and `script` in the place of QEMU: descriptor 3 is its console, 4 what it hears, 5 what it answers.
async function guest(
  t: TestContext,
  script: string,
): Promise<{ readonly at: Place; readonly options: MachineOptions }> {
  const at = place(t);
  at.program("mke2fs", "exit 0");
  at.program("qemu-system-x86_64", `${COUNT}; echo $$ > "$0.pid"\n${script}`);
  await cachedKernel(at, "6.1");
  const program = join(at.folder, "guest");
  writeFileSync(program, "the guest's program");
  return { at, options: { env: at.env, program, bootSeconds: 20, answerSeconds: 20 } };
}

const boots = (at: Place) => readFileSync(join(at.env.PATH, "qemu-system-x86_64.boots"), "utf8").length / 2;
const alive = (at: Place) =>
  existsSync(`/proc/${readFileSync(join(at.env.PATH, "qemu-system-x86_64.pid"), "utf8").trim()}`);

async function died(work: Promise<unknown>): Promise<GuestDied> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GuestDied, `not GuestDied: ${error}`);
  return error;
}

test("a guest's kernel is known by its ready line; what the firmware wrote before is nobody's answer", async (t) => {
  const { options } = await guest(t, `${READY}\n${ECHO}`);
  const machine = await openGuest("6.1", options);
  assert.deepEqual([machine.kernel, machine.version], ["6.1.0-1-cloud-amd64", "#1 SMP Debian"]);
  machine.send("op 1 0 read 0x1000 1");
  assert.equal(await machine.next(), "op 1 0 read 0x1000 1");
  await machine.close();
});

test("answers on the serial line count like those on the port", async (t) => {
  const { options } = await guest(t, `${READY}\nread -r asked <&4; echo "$asked, answered" >&4; read -r never <&4`);
  const machine = await openGuest("6.1", options);
  machine.send("hello");
  for await (const line of machine) {
    assert.equal(line, "hello, answered");
    break;
  }
  await machine.close();
});

test("a boot that dies is tried again", async (t) => {
  const { at, options } = await guest(t, `[ $(wc -c < "$0.boots") -lt 6 ] && exit 1\n${READY}\n${ECHO}`);
  at.program("wc", 'n=0; while read -r _; do n=$((n + 2)); done; echo "$n"');
  const machine = await openGuest("6.1", options);
  assert.equal(boots(at), 3);
  await machine.close();
});

test("a kernel that never comes up is given up after its boots, each ended at the limit", async (t) => {
  const { at, options } = await guest(t, 'echo "[    0.1] Loading" >&3; read -r never <&4');
  const error = await died(openGuest("6.1", { ...options, bootSeconds: 2, boots: 2 }));
  assert.match(
    error.message,
    /^kernel 6\.1 did not come up within 2 seconds; its console ends:\n {2}\[ {4}0\.1\] Loading$/,
  );
  assert.equal(boots(at), 2);
  assert.equal(alive(at), false);
});

test("a guest that hangs in an answer is ended, and its console shown", async (t) => {
  const { at, options } = await guest(t, `${READY}\necho "soft lockup" >&3; read -r never <&4; read -r never <&4`);
  const machine = await openGuest("6.1", options);
  machine.send("op 1 0 write 0x1000 1 61");
  const error = await died(machine.next(2000));
  assert.match(error.message, /did not answer within 2 seconds; its console says:\n {2}soft lockup/);
  assert.equal(alive(at), false);
});

test("a panic is told as one, with the console's end", async (t) => {
  const { options } = await guest(t, `${READY}\necho "Kernel panic - not syncing: Fatal exception" >&3`);
  const machine = await openGuest("6.1", options);
  const error = await died(machine.next());
  assert.match(error.message, /^kernel 6\.1 panicked; its console says:\n {2}Kernel panic - not syncing/);
});

test("a long call trace does not push the panic itself out of the message", async (t) => {
  const trace = 'i=0; while [ $i -lt 60 ]; do i=$((i + 1)); echo "call $i" >&3; done';
  const { options } = await guest(
    t,
    `${READY}\necho "Linux version" >&3; echo "BUG: unable to handle page fault" >&3; ${trace}`,
  );
  const error = await died((await openGuest("6.1", options)).next());
  const shown = error.message.split("\n  ").slice(1);
  assert.deepEqual([shown[0], shown.at(-1), shown.length], ["BUG: unable to handle page fault", "call 29", 30]);
});

test("what QEMU complains of is shown when it does not start", async (t) => {
  const { options } = await guest(t, 'echo "qemu: could not load kernel" >&2; exit 1');
  const error = await died(openGuest("6.1", { ...options, boots: 1 }));
  assert.match(error.message, /ended with status 1; its console ends:\n {2}qemu: could not load kernel/);
});

test("answers that came before the end are still read", async (t) => {
  const { options } = await guest(t, `${READY}\necho one >&5; echo two >&5`);
  const machine = await openGuest("6.1", options);
  assert.deepEqual([await machine.next(), await machine.next()], ["one", "two"]);
  await died(machine.next());
});

test("work on a guest that dies is done anew on a fresh one", async (t) => {
  const { at, options } = await guest(t, `${READY}\n[ -e "$0.again" ] || { : > "$0.again"; exit 1; }\n${ECHO}`);
  const seen: GuestMachine[] = [];
  const answer = await onGuest("6.1", options, async (machine) => {
    seen.push(machine);
    machine.send("hello");
    return machine.next();
  });
  assert.equal(answer, "hello");
  assert.equal(boots(at), 2);
  assert.notEqual(seen[0], seen[1]);
});

test("work that fails for its own reason is not repeated, and its guest ended", async (t) => {
  const { at, options } = await guest(t, `${READY}\n${ECHO}`);
  await assert.rejects(
    onGuest("6.1", options, () => Promise.reject(new Error("of its own"))),
    /of its own/,
  );
  assert.equal(boots(at), 1);
  assert.equal(alive(at), false);
});

test("a line with a line's end in it never reaches a guest", async (t) => {
  const { options } = await guest(t, `${READY}\n${ECHO}`);
  const machine = await openGuest("6.1", options);
  assert.throws(() => machine.send("op 1\nquit"));
  await machine.close();
});

test("the running kernel is looked at by root only, and others are told so", async (t) => {
  t.mock.method(process as { getuid: () => number }, "getuid", () => 1000);
  await assert.rejects(openHost({ env: {} }), /--kernel host reads .* root only/);
});

test("the guest's program on the running kernel talks over its standard streams", {
  skip: process.getuid?.() !== 0,
}, async (t) => {
  const at = place(t);
  const program = at.program(
    "host",
    '[ "$1" = --host ] || exit 1\necho "ready 6.18 #1"; echo seen >&2; read -r line; echo "$line"',
  );
  const machine = await openHost({ env: at.env, program });
  assert.equal(machine.release, "host");
  machine.send("op 1");
  assert.equal(await machine.next(), "op 1");
  assert.equal(machine.console(), "seen\n");
  await machine.close();
});

test("a flood of lines that nobody reads is held back", async () => {
  const stream = new PassThrough();
  const lines = lineReader();
  lines.add(stream);
  stream.write("x\n".repeat(30_000));
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(stream.isPaused(), true);
  for (let i = 0; i < 30_000; i += 1) await lines.next(1000);
  assert.equal(stream.isPaused(), false);
});

test("a line without an end ends the reading", async () => {
  const stream = new PassThrough();
  const lines = lineReader();
  lines.add(stream);
  stream.write("x".repeat((1 << 20) + 1));
  assert.deepEqual(await lines.next(1000), { ended: "wrote a line of more than 1048576 characters" });
});

test("a console keeps its end, and no escape sequence of it reaches a terminal", () => {
  const printed = consoleText();
  for (let i = 0; i < 10_000; i += 1) printed.add(`line ${i} of the log of a kernel\n`);
  printed.add("\x1b[31mred\x1b[0m\x07\r\n");
  assert.ok(printed.text().length <= 64 << 10);
  assert.match(printed.text(), /line 9999 of the log of a kernel\nred\n$/);
});

test("no more is sent than the serial line's kernel has room for until an operation is answered", () => {
  const written: string[] = [];
  const window = sendWindow((text) => written.push(text));
  for (let i = 0; i < 10; i += 1) window.push(`op ${i} 0 write 0x1000 1 ${"61".repeat(1000)}`);
  assert.equal(written.length, 4);
  window.answered("r 1 ret=0");
  assert.equal(written.length, 4);
  window.answered(". 1");
  assert.equal(written.length, 6);
});

test("a line longer than the room is sent alone", () => {
  const written: string[] = [];
  const window = sendWindow((text) => written.push(text));
  window.push(`op 0 0 write 0x1000 1 ${"61".repeat(10_000)}`);
  window.push("op 1 0 read 0x1000 1");
  assert.equal(written.length, 1);
  window.answered(". 0");
  assert.equal(written.length, 2);
});

test("QEMU gets no drive, no network and no shared folder", () => {
  const args = qemuArguments({ kernel: "/k", initramfs: "/i", megabytes: 1024, append: ["one", "two"] });
  const options = args.filter((word) => word.startsWith("-"));
  for (const wanted of ["-nodefaults", "-no-user-config", "-no-reboot", "-sandbox"])
    assert.ok(options.includes(wanted));
  assert.equal(args[args.indexOf("-nic") + 1], "none");
  assert.ok(!options.some((word) => /drive|hd[a-d]|cdrom|virtfs|fsdev|netdev|monitor|qmp|usb/.test(word)));
  assert.match(args[args.indexOf("-append") + 1], /^console=ttyS0 .* one two$/);
});
