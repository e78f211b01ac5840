// A real kernel under QEMU with a tiny program for its init: what it looks like from outside when it hangs and when it panics.
// Without QEMU, a compiler or a fetched kernel 6.1 there is nothing to look at.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { readManifest } from "../../server/src/cli/kernel/cache.ts";
import { GuestDied, type MachineOptions, openGuest } from "../../server/src/cli/kernel/machine.ts";
import { findTool } from "../../server/src/cli/kernel/tools.ts";
import { place } from "../support/kernel.ts";

// Says that it is ready on the port of the firmware's messages, then does what the macro END says.
const INIT = `
#include <sys/io.h>
#include <unistd.h>
int main(void)
{
    const char *said = "ready 6.1 tiny\\n";
    ioperm(0x402, 1, 1);
    while (*said) outb(*said++, 0x402);
    END
}
`;

const env = process.env;
const tools = await Promise.all((["qemu-system-x86_64", "cc", "mke2fs"] as const).map((tool) => findTool(tool, env)));
const skip =
  tools.includes(undefined) || (await readManifest("6.1", env)) === undefined ? "no kernel can be booted here" : false;

function withInit(t: TestContext, end: string): MachineOptions {
  const { folder } = place(t);
  const [source, program] = [join(folder, "init.c"), join(folder, "init")];
  writeFileSync(source, INIT.replace("END", end));
  execFileSync("cc", ["-O2", "-static", "-o", program, source]);
  return { env, program, boots: 2 };
}

async function died(options: MachineOptions, limitMs: number): Promise<GuestDied> {
  const machine = await openGuest("6.1", options);
  assert.equal(machine.version, "tiny");
  const error = await machine.next(limitMs).then(
    (line) => assert.fail(`it said ${line}`),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof GuestDied);
  return error;
}

test("a kernel that panics is told as one, with its call trace", { skip }, async (t) => {
  const error = await died(withInit(t, "return 7;"), 60_000);
  assert.match(
    error.message,
    /^kernel 6\.1 panicked; its console says:[\s\S]*Attempted to kill init! exitcode=0x00000700/,
  );
  assert.match(error.console, /Call Trace:/);
});

test("a guest that spins for ever is ended at the limit", { skip }, async (t) => {
  const error = await died(withInit(t, "for (;;) {}"), 1000);
  assert.match(error.message, /^kernel 6\.1 did not answer within 1 seconds; its console/);
});
