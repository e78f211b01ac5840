// Random walks through recordings: wherever a walk ends up, the world is the one that a fresh run reaches.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import fc from "fast-check";
import type { Client } from "./dap/client.ts";
import { COW, lines, scope, stoppedAtEntry, variables } from "./dap/stories.ts";

const LOOPS = lines(
  "kernel 5.10",
  "p = mmap(32K, rw)",
  "repeat 4 as i",
  "  write(p[i], i)",
  "end",
  "c = fork()",
  "repeat 3 as i",
  "  c: write(p[i], 9)",
  "  pin = vmsplice(p[i], 4K)",
  "  write(p[i], 7)",
  "  release(pin)",
  "end",
  "c: munmap(p + 4K, 8K)",
  "c: exit()",
  "expect page(p).refcount == 1",
);

// All that a client can see at a stop but the Changes, which are about where it came from.
async function picture(client: Client): Promise<string> {
  const { threads } = await client.ask<P.ThreadsResponse["body"]>("threads");
  const seen: string[] = [];
  for (const { id, name } of threads) {
    const { stackFrames } = await client.ask<P.StackTraceResponse["body"]>("stackTrace", { threadId: id });
    seen.push(name, ...stackFrames.map((frame) => `${frame.name}:${frame.line}`));
  }
  for (const name of ["Names", "Fault", "Process", "Page tables", "Folios", "Swap", "Pins", "Machine"]) {
    for (const variable of await scope(client, name)) {
      seen.push(`${name} ${variable.name} = ${variable.value}`);
      if (variable.variablesReference === 0) continue;
      for (const inner of await variables(client, variable.variablesReference))
        seen.push(`  ${inner.name} = ${inner.value}`);
    }
  }
  return seen.join("\n");
}

const MOVES = [
  "next",
  "stepIn",
  "stepIn",
  "stepIn",
  "stepOut",
  "stepBack",
  "reverseStepIn",
  "reverseStepOut",
  "goto",
] as const;

test("walking back and forth, into the kernel and out of it, equals going there directly", async () => {
  for (const text of [COW, LOOPS]) {
    const walker = await stoppedAtEntry(text, { stopOnExit: true });
    const fresh = new Map<string, string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom(...MOVES), fc.integer({ min: 1, max: 20 })), { minLength: 1, maxLength: 12 }),
        async (moves) => {
          let stop: P.StoppedEvent["body"] | undefined;
          for (const [move, number] of moves) {
            if (stop?.description?.includes("end of the trace")) stop = await walker.move("stepBack");
            const args = move === "goto" ? { threadId: 1, targetId: 1 + (number % 5) } : { threadId: 1 };
            stop = await walker.move(move, args);
          }
          // The next walk starts where this one ends, and from the end nothing but a step back leads on.
          if (stop?.description?.includes("end of the trace")) {
            await walker.move("stepBack");
            return;
          }
          const here = await picture(walker);
          // How many events into the statement the walk stands.
          const step = Number(/step (\d+)/.exec(stop?.description ?? "")?.[1]);
          let inside = 0;
          for (let back = stop; ; inside++) {
            back = await walker.move("reverseStepIn");
            if (back.reason === "entry" || !back.description?.includes(`step ${step} `)) break;
          }
          const key = `${step}+${inside}`;
          if (!fresh.has(key)) {
            const direct = await stoppedAtEntry(text, { stopOnExit: true });
            if (step > 1) await direct.move("goto", { threadId: 1, targetId: step });
            for (let i = 0; i < inside; i++) await direct.move("stepIn");
            fresh.set(key, await picture(direct));
            await direct.close();
          }
          assert.equal(here, fresh.get(key), key);
        },
      ),
      { numRuns: 20 },
    );
    await walker.close();
  }
});
