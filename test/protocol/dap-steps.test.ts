// Stepping through a recording, forwards and backwards, over statements and into the kernel.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Client } from "./dap/client.ts";
import { COW, evaluate, frames, launched, lines, PROGRAM, setLines, stoppedAtEntry, where } from "./dap/stories.ts";

async function nextTo(client: Client, line: number): Promise<void> {
  while ((await where(client)) !== String(line)) await client.move("next");
}

test("next and stepBack go from statement to statement, and the world goes along", async () => {
  const client = await stoppedAtEntry(COW);
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) {
    await client.move("next");
    seen.push(`${await where(client)}: ${await evaluate(client, "page(p).refcount")}`);
  }
  assert.deepEqual(seen, ["3: none", "4: 1", "5: 2"]);
  for (const before of seen.slice(0, 2).reverse()) {
    await client.move("stepBack");
    assert.equal(`${await where(client)}: ${await evaluate(client, "page(p).refcount")}`, before);
  }
  await client.close();
});

test("a stop says where in time it is, whose statement is next, and that all threads stopped", async () => {
  const client = await stoppedAtEntry(COW);
  assert.deepEqual(await client.move("next"), {
    reason: "step",
    description: "▶ step 2 of 6",
    threadId: 1,
    allThreadsStopped: true,
  });
  assert.equal((await client.move("stepBack")).description, "◀ step 1 of 6");
  await nextTo(client, 5);
  assert.equal((await client.move("next")).threadId, 2, "line 6 is the child's");
  await client.close();
});

test("a step that cannot move still stops", async () => {
  const client = await stoppedAtEntry(COW);
  assert.equal((await client.move("stepBack")).reason, "entry");
  assert.equal((await client.move("reverseContinue")).reason, "entry");
  assert.equal(await where(client), "2");
  await client.close();
});

test("stepIn enters the kernel, stepOut leaves its functions one by one, stepBack goes to the start of the statement", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 5);
  for (let i = 0; i < 20 && !(await where(client)).startsWith("wp_page_copy"); i++) await client.move("stepIn");
  assert.equal(
    await where(client),
    "wp_page_copy < do_wp_page < handle_pte_fault < handle_mm_fault < do_user_addr_fault < 5",
  );
  await client.move("stepOut");
  assert.equal(await where(client), "do_user_addr_fault < 5", "nothing happens in the functions between");
  await client.move("stepBack");
  assert.equal(await where(client), "5");
  assert.equal(await evaluate(client, "page(p) == page(child, p)"), "1");
  await client.close();
});

test("by instruction a step is one event, there and back", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 3);
  const places = [await where(client)];
  for (let i = 0; i < 9; i++) {
    await client.move("next", { threadId: 1, granularity: "instruction" });
    const [top] = await frames(client);
    places.push(`${await where(client)} @${top.line}`);
  }
  for (let i = 8; i >= 1; i--) {
    await client.move("stepBack", { threadId: 1, granularity: "instruction" });
    const [top] = await frames(client);
    assert.equal(`${await where(client)} @${top.line}`, places[i]);
  }
  await client.move("reverseStepIn");
  assert.equal(await where(client), "3");
  await client.close();
});

test("the document of a kernel path shows calls, decisions and events, and each frame stands on its line", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 5);
  while (!(await where(client)).startsWith("wp_page_copy")) await client.move("stepIn");
  const stack = await frames(client);
  const sourceReference = stack[0].source?.sourceReference ?? 0;
  const { content } = await client.ask<P.SourceResponse["body"]>("source", { sourceReference });
  const text = content.split("\n");
  const at = (frame: P.StackFrame) => text[frame.line - 1].trim();
  assert.match(at(stack[0]), /^pfn \d+ refcount 2 → 3$/, "the innermost frame stands at the last event");
  assert.equal(at(stack[1]), "wp_page_copy (mm/memory.c)", "the others where they call the next");
  assert.equal(at(stack[2]), "do_wp_page (mm/memory.c)");
  assert.ok(
    text.some((line) => line.includes("? folio_ref_count(folio)")),
    "decisions stand in it",
  );
  await client.close();
});

test("reverseStepOut goes back to where the kernel function was called", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 5);
  while (!(await where(client)).startsWith("folio_add_new_anon_rmap")) await client.move("stepIn");
  await client.move("reverseStepOut", {});
  assert.match(await where(client), /^wp_page_copy < do_wp_page/);
  await client.close();
});

test("stepOut on a line in a repeat goes behind the repeat", async () => {
  const text = lines(
    "p = mmap(64K, rw)",
    "repeat 3 as i",
    "  repeat 4 as j",
    "    write(p[j], 1)",
    "  end",
    "end",
    "read(p)",
  );
  const client = await stoppedAtEntry(text);
  await client.move("next");
  const [top] = await frames(client);
  assert.equal(top.name, "write(p[j], 1) · round 1 of 4");
  assert.equal(await evaluate(client, "i * 10 + j"), "0");
  await client.move("next");
  await client.move("stepOut");
  assert.equal(`${await where(client)} ${await evaluate(client, "i * 10 + j")}`, "4 10");
  await client.close();
});

test("singleThread keeps a step to its process, both ways", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 5);
  await client.move("next", { threadId: 1, singleThread: true });
  assert.equal(await where(client), "7");
  await client.move("stepBack", { threadId: 1, singleThread: true });
  assert.equal(await where(client), "5");
  await client.close();
});

test("every live process has at least the frame of its line", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 5);
  const { threads } = await client.ask<P.ThreadsResponse["body"]>("threads");
  assert.deepEqual(threads, [
    { id: 1, name: "main" },
    { id: 2, name: "child" },
  ]);
  assert.equal(await where(client, 2), "6", "the child's next line");
  await client.move("reverseContinue");
  const before = await client.ask<P.ThreadsResponse["body"]>("threads");
  assert.deepEqual(
    before.threads.map(({ name }) => name),
    ["main"],
  );
  await client.close();
});

test("the stack can be asked for in pieces", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 5);
  while (!(await where(client)).startsWith("wp_page_copy")) await client.move("stepIn");
  const whole = (await frames(client)).map(({ name }) => name);
  const pieces: string[] = [];
  for (let startFrame = 0; startFrame < whole.length; startFrame += 2) {
    const body = await client.ask<P.StackTraceResponse["body"]>("stackTrace", { threadId: 1, startFrame, levels: 2 });
    assert.equal(body.totalFrames, whole.length);
    pieces.push(...body.stackFrames.map(({ name }) => name));
  }
  assert.deepEqual(pieces, whole);
  await client.close();
});

test("goto jumps to a line either way", async () => {
  const client = await stoppedAtEntry(COW);
  const target = async (line: number) => {
    const { targets } = await client.ask<P.GotoTargetsResponse["body"]>("gotoTargets", {
      source: { path: PROGRAM },
      line,
    });
    return targets;
  };
  const [ahead] = await target(6);
  assert.deepEqual(ahead, { id: 5, label: "▶ step 5", line: 6 });
  assert.equal((await client.move("goto", { threadId: 1, targetId: ahead.id })).reason, "goto");
  assert.equal(await where(client, 2), "6");
  const [back] = await target(3);
  await client.move("goto", { threadId: 1, targetId: back.id });
  assert.equal(await where(client), "3");
  assert.match(await client.refused("goto", { threadId: 1, targetId: 999 }), /no goto target/);
  await client.close();
});

test("restartFrame goes to the start of the kernel function, or of the statement", async () => {
  const client = await stoppedAtEntry(COW);
  await nextTo(client, 5);
  while (!(await where(client)).startsWith("folio_add_new_anon_rmap")) await client.move("stepIn");
  const stack = await frames(client);
  await client.move("restartFrame", { frameId: stack[1].id });
  assert.match(await where(client), /^wp_page_copy/);
  const again = await frames(client);
  await client.move("restartFrame", { frameId: again[again.length - 1].id });
  assert.equal(await where(client), "5");
  await client.close();
});

test("continue and reverseContinue find the same stops", async () => {
  const text = lines("p = mmap(64K, rw)", "repeat 5 as i", "  write(p[i], 1)", "  read(p[i])", "end");
  const client = await launched(text, { stopOnEntry: true, stopOnExit: true }, async (configuring) => {
    await setLines(configuring, [
      { line: 3, condition: "i != 1" },
      { line: 4, hitCondition: "% 2" },
    ]);
    await configuring.ask("setFunctionBreakpoints", { breakpoints: [{ name: "do_anonymous_page" }] });
    await configuring.ask("setExceptionBreakpoints", { filters: ["minor"] });
  });
  await client.stopped();
  const there: string[] = [];
  for (;;) {
    const stop = await client.move("continue");
    if (stop.description?.includes("end of the trace")) break;
    there.push(`${stop.reason} ${stop.hitBreakpointIds} ${await where(client)} ${await evaluate(client, "i")}`);
  }
  const back: string[] = [];
  for (;;) {
    const stop = await client.move("reverseContinue");
    if (stop.reason === "entry") break;
    back.unshift(`${stop.reason} ${stop.hitBreakpointIds} ${await where(client)} ${await evaluate(client, "i")}`);
  }
  assert.equal(there.length, 4 + 2 + 5 + 5);
  assert.deepEqual(back, there);
  await client.close();
});
