// A debug adapter that gets anything at all: each request is answered once, and it goes on.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import fc from "fast-check";
import { Client } from "./dap/client.ts";
import { KNOWN_COMMANDS, validate } from "./dap/schema.ts";
import { COW, PROGRAM, stoppedAtEntry } from "./dap/stories.ts";
import { inProcess } from "./dap/transports.ts";

const OURS = ["reverseStepIn", "reverseNext", "reverseStepOut", "no such request"];

// Arguments as a client that is wrong about everything would send them.
const anything = fc.oneof(
  fc.constant(undefined),
  fc.jsonValue({ maxDepth: 2 }),
  fc.dictionary(
    fc.constantFrom(
      "threadId",
      "frameId",
      "variablesReference",
      "source",
      "breakpoints",
      "lines",
      "line",
      "expression",
      "name",
      "value",
      "memoryReference",
      "count",
      "start",
      "offset",
      "targetId",
      "program",
      "text",
      "filters",
      "column",
      "granularity",
      "singleThread",
      "dataId",
      "sourceReference",
    ),
    fc.oneof(
      fc.constantFrom<unknown>(0, 1, 2, -1, 2 ** 40, 1.5, "", "p", "page(p)", "1 / 0", PROGRAM, true, null, [], {}),
      fc.constantFrom<unknown>(
        { path: PROGRAM },
        [{ line: 3 }],
        [{ line: -4 }],
        [{ name: "fork" }],
        ["cow"],
        [null],
        "virt:main:0x0",
      ),
    ),
    { maxKeys: 6 },
  ),
);

test("any sequence of requests with any arguments: one valid answer each, and no internal error", async () => {
  const command = fc.constantFrom(...KNOWN_COMMANDS.filter((name) => name !== "disconnect"), ...OURS);
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(command, anything), { maxLength: 25 }),
      fc.boolean(),
      async (requests, launchedFirst) => {
        const answers = new Map<number, number>();
        const transport = inProcess({ files: { [PROGRAM]: COW } });
        transport.receive((message) => {
          validate(message);
          if (message.type !== "response") return;
          const { request_seq, body, command: to } = message as P.Response;
          answers.set(request_seq, (answers.get(request_seq) ?? 0) + 1);
          assert.notEqual(
            (body as P.ErrorResponse["body"] | undefined)?.error?.id,
            1011,
            `${to}: ${(message as P.Response).message}`,
          );
        });
        let seq = 1;
        const send = (name: string, args?: unknown) =>
          transport.send({ seq: seq++, type: "request", command: name, arguments: args });
        send("initialize", { adapterID: "x" });
        if (launchedFirst) {
          send("launch", { program: PROGRAM, stopOnEntry: true });
          send("configurationDone");
        }
        for (const [name, args] of requests) send(name, args);
        for (let waited = 0; answers.size < seq - 1 && waited < 200; waited++)
          await new Promise((resolve) => setImmediate(resolve));
        assert.equal(answers.size, seq - 1);
        assert.ok([...answers.values()].every((count) => count === 1));
        assert.deepEqual(
          transport.logged.filter((line) => line.includes("Error")),
          [],
        );
      },
    ),
    { numRuns: 150 },
  );
});

test("what is no message is ignored, and what follows is answered", async () => {
  const transport = inProcess({ files: { [PROGRAM]: COW } });
  const client = new Client(transport);
  for (const nonsense of [
    [],
    {},
    { type: "request" },
    { seq: "1", type: "request", command: "threads" },
    { type: "response", seq: 1 },
  ]) {
    client.raw(nonsense);
  }
  await client.ask("initialize", { adapterID: "x" });
  assert.equal(transport.logged.length, 5);
  await client.close();
});

test("a request whose command is no string is answered with an error", () => {
  const transport = inProcess();
  const got: P.Response[] = [];
  transport.receive((message) => got.push(message as P.Response));
  transport.send({ seq: 5, type: "request", command: 7 });
  assert.deepEqual(
    got.map(({ request_seq, success }) => [request_seq, success]),
    [[5, false]],
  );
});

test("requests out of order are refused, each with its reason", async () => {
  const client = new Client(inProcess({ files: { [PROGRAM]: COW } }));
  for (const command of ["launch", "configurationDone", "next", "setFunctionBreakpoints", "scopes"]) {
    assert.match(
      await client.refused(
        command,
        command === "scopes" ? { frameId: 1 } : { threadId: 1, program: PROGRAM, breakpoints: [] },
      ),
      /initialize/,
    );
  }
  await client.ask("initialize", { adapterID: "x" });
  assert.match(await client.refused("initialize", { adapterID: "x" }), /before/);
  assert.match(await client.refused("next", { threadId: 1 }), /does not run yet/);
  assert.match(await client.refused("restart"), /nothing runs/);
  await client.close();
});

test("threads and frames that do not exist are refused, not guessed", async () => {
  const client = await stoppedAtEntry(COW);
  assert.match(await client.refused("stackTrace", { threadId: 99 }), /no thread 99/);
  assert.match(await client.refused("next", { threadId: 0 }), /no thread 0/);
  assert.match(await client.refused("scopes", { frameId: 12345 }), /does not exist/);
  assert.match(await client.refused("variables", { variablesReference: 12345 }), /does not exist/);
  assert.match(await client.refused("source", { sourceReference: 12345 }), /no source/);
  await client.close();
});

test("binary, empty and very long programs are refused or run, and the session goes on", async () => {
  const binary = String.fromCharCode(...Array.from({ length: 2000 }, (_, i) => (i * 7919) % 256));
  const files = {
    "/b": binary,
    "/e": "",
    "/l": "x".repeat(10_000_000),
    "/n": `expect ${"(".repeat(5000)}1`,
    [PROGRAM]: COW,
  };
  const client = new Client(inProcess({ files }));
  await client.ask("initialize", { adapterID: "x" });
  for (const program of ["/b", "/l", "/n"]) assert.match(await client.refused("launch", { program }), /:1:/);
  await client.ask("launch", { program: "/e", stopOnEntry: true });
  await client.ask("configurationDone");
  assert.equal((await client.stopped()).reason, "entry");
  const { stackFrames } = await client.ask<P.StackTraceResponse["body"]>("stackTrace", { threadId: 1 });
  assert.equal(stackFrames.length, 1);
  const { scopes } = await client.ask<P.ScopesResponse["body"]>("scopes", { frameId: stackFrames[0].id });
  for (const { variablesReference } of scopes)
    if (variablesReference > 0) await client.ask("variables", { variablesReference });
  await client.close();
});
