// How debug sessions begin and end.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { capabilities } from "../../server/src/dap/capabilities.ts";
import { Client } from "./dap/client.ts";
import { KNOWN_COMMANDS } from "./dap/schema.ts";
import { COW, launched, lines, PROGRAM, stoppedAtEntry, where } from "./dap/stories.ts";
import { inProcess } from "./dap/transports.ts";

async function initialized(files: Record<string, string>, token?: string): Promise<Client> {
  const client = new Client(inProcess({ files, token }));
  await client.ask("initialize", { adapterID: "mmtrace" });
  await client.event("initialized");
  return client;
}

test("launch before configurationDone stops at the entry", async () => {
  const client = await stoppedAtEntry(COW);
  assert.equal(await where(client), "2");
  await client.close();
});

test("configurationDone before launch stops at the entry as well", async () => {
  const client = await initialized({ [PROGRAM]: COW });
  await client.ask("configurationDone");
  assert.equal(client.untaken("stopped"), 0);
  await client.ask("launch", { program: PROGRAM, stopOnEntry: true });
  assert.equal((await client.stopped()).reason, "entry");
  await client.close();
});

test("a trace that holds runs to its end, exits with 0 and terminates", async () => {
  const client = await launched(COW, {});
  assert.deepEqual(await client.event("exited"), { exitCode: 0 });
  await client.event("terminated");
  assert.match(
    client
      .output()
      .map(({ output }) => output)
      .join(""),
    /1 passed, 0 failed, 0 skipped/,
  );
  assert.equal(client.untaken("stopped"), 0);
  await client.ask("disconnect");
  await client.close();
});

test("noDebug runs past breakpoints and failures and says what failed, with its line", async () => {
  const text = lines("p = mmap(4K, rw)", "expect page(p).refcount == 3", "read(0x1000)");
  const client = await launched(text, { noDebug: true });
  assert.deepEqual(await client.event("exited"), { exitCode: 1 });
  await client.event("terminated");
  const failed = client.output().filter(({ category }) => category === "stderr");
  assert.deepEqual(
    failed.map(({ line, source }) => [line, source?.path]),
    [
      [2, PROGRAM],
      [3, PROGRAM],
    ],
  );
  await client.close();
});

test("stopOnExit stops behind the last statement, and going on from there ends it", async () => {
  const client = await launched(COW, { stopOnExit: true });
  const stop = await client.stopped();
  assert.match(stop.description ?? "", /end of the trace/);
  await client.ask("continue", { threadId: 1 });
  assert.deepEqual(await client.event("exited"), { exitCode: 0 });
  await client.close();
});

test("a run that hits a limit says so and exits with 3", async () => {
  const text = lines("p = mmap(4K, rw)", "repeat 1000000000000", "  write(p, 1)", "end");
  const client = await launched(text, { noDebug: true, limits: { events: 5000 } });
  assert.deepEqual(await client.event("exited"), { exitCode: 3 });
  assert.match(
    client
      .output()
      .map(({ output }) => output)
      .join(""),
    /more than 5,000/,
  );
  await client.close();
});

test("a launch of a missing file is refused by name", async () => {
  const client = await initialized({});
  assert.equal(
    await client.refused("launch", { program: "/no/such.mmtrace" }),
    "cannot read /no/such.mmtrace: no such file",
  );
  assert.match(await client.refused("launch", {}), /arguments.program is missing/);
  assert.match(await client.refused("launch", { program: "" }), /empty/);
  await client.close();
});

test("a trace with mistakes is refused with its place, and every mistake is in the console", async () => {
  const client = await initialized({ [PROGRAM]: lines("p = mmap(4K)", "writ(p, 1)", "munmap(p") });
  assert.match(await client.refused("launch", { program: PROGRAM }), /^story\.mmtrace:2:1: .*writ.*1 more\)$/);
  const said = client.output().filter(({ category }) => category === "stderr");
  assert.deepEqual(
    said.map(({ line }) => line),
    [2, 3],
  );
  await client.close();
});

test("after a refused launch the next one counts", async () => {
  const client = await initialized({ [PROGRAM]: COW });
  await client.refused("launch", { program: "/no/such.mmtrace" });
  await client.ask("launch", { program: PROGRAM, stopOnEntry: true });
  await client.ask("configurationDone");
  await client.stopped();
  assert.match(await client.refused("launch", { program: PROGRAM }), /before/);
  await client.close();
});

test("a model that does not exist is refused with the nearest one", async () => {
  const client = await initialized({ [PROGRAM]: COW });
  assert.match(await client.refused("launch", { program: PROGRAM, model: "6.13" }), /no model "6.13"/);
  assert.match(await client.refused("launch", { program: PROGRAM, machine: { refcount_bits: 8 } }), /refcount_bits/);
  assert.match(await client.refused("launch", { program: PROGRAM, machine: { memoy: "1G" } }), /memoy/);
  assert.match(await client.refused("launch", { program: PROGRAM, limits: { events: -1 } }), /above 0/);
  await client.close();
});

test("the launch's text stands in for a file, and machine settings override the trace's", async () => {
  const text = lines("machine memory=1G", "expect machine.free < 1000");
  const client = await initialized({});
  await client.ask("launch", { program: "untitled:Untitled-1", text, machine: { memory: "1M" }, stopOnEntry: true });
  await client.ask("configurationDone");
  await client.stopped();
  const { stackFrames } = await client.ask<P.StackTraceResponse["body"]>("stackTrace", { threadId: 1 });
  assert.equal(stackFrames[0].source?.path, "untitled:Untitled-1");
  await client.ask("continue", { threadId: 1 });
  assert.deepEqual(await client.event("exited"), { exitCode: 0 });
  await client.close();
});

test("a log of strace is imported on the fly and shown as a document of the session", async () => {
  const log = lines(
    "100 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000",
    "100 munmap(0x7f0000000000, 8192) = 0",
    "100 exit_group(0) = ?",
  );
  const client = await initialized({ "/logs/x.strace": log });
  await client.ask("launch", { program: "/logs/x.strace", stopOnEntry: true });
  await client.ask("configurationDone");
  await client.stopped();
  const { stackFrames } = await client.ask<P.StackTraceResponse["body"]>("stackTrace", { threadId: 1 });
  const sourceReference = stackFrames[0].source?.sourceReference ?? 0;
  const { content } = await client.ask<P.SourceResponse["body"]>("source", { sourceReference });
  assert.match(content.split("\n")[stackFrames[0].line - 1], /mmap\(8K.*# x\.strace:1/);
  await client.close();
});

test("what is no log at all is refused", async () => {
  const client = await initialized({ "/logs/x.log": "hello\n" });
  assert.match(await client.refused("launch", { program: "/logs/x.log" }), /no line of strace/);
  await client.close();
});

test("restart reads the file again and keeps the breakpoints", async () => {
  const files: Record<string, string> = { [PROGRAM]: COW };
  const client = await initialized(files);
  await client.ask("setBreakpoints", { source: { path: PROGRAM }, breakpoints: [{ line: 4 }] });
  await client.ask("launch", { program: PROGRAM });
  await client.ask("configurationDone");
  await client.stopped();
  files[PROGRAM] = `# one line more\n${COW}`;
  await client.ask("restart");
  await client.stopped();
  assert.equal(await where(client), "4");
  files[PROGRAM] = "nonsense(\n";
  assert.match(await client.refused("restart"), /story\.mmtrace:1/);
  assert.equal(await where(client), "4", "a restart that fails leaves the session where it was");
  await client.close();
});

test("terminate ends the trace, and a restart begins it anew", async () => {
  const client = await stoppedAtEntry(COW);
  await client.ask("terminate");
  await client.event("terminated");
  assert.match(await client.refused("next", { threadId: 1 }), /come to its end/);
  await client.ask("restart");
  assert.equal((await client.stopped()).reason, "entry");
  await client.close();
});

test("disconnect and cancel are answered at any time, even before initialize", async () => {
  const transport = inProcess();
  const client = new Client(transport);
  await client.ask("cancel", { requestId: 17 });
  assert.match(await client.refused("threads"), /initialize comes first/);
  await client.ask("disconnect");
  assert.equal(transport.closed, true);
  await client.close();
});

test("a request that waits behind a launch can be cancelled", async () => {
  const client = await initialized({ [PROGRAM]: COW });
  const launch = client.request("launch", { program: PROGRAM });
  const waiting = client.request("threads");
  const cancelled = client.request("cancel", { requestId: 3 });
  assert.equal((await waiting).message, "cancelled");
  assert.equal((await cancelled).success, true);
  assert.equal((await launch).success, true);
  await client.close();
});

test("a client that leaves in the middle of a long run ends it", async () => {
  const client = await initialized({
    [PROGRAM]: lines("p = mmap(4K, rw)", "repeat 1000000000000", "  read(p)", "end"),
  });
  const launch = client.request("launch", { program: PROGRAM, limits: { events: 1e12, time: 1000 } });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const left = client.ask("disconnect");
  assert.equal((await launch).message, "cancelled");
  await left;
  await client.close();
});

test("on a port a launch without the token reads nothing", async () => {
  const client = await initialized({ [PROGRAM]: COW }, "secret");
  assert.match(await client.refused("launch", { program: PROGRAM }), /token/);
  assert.match(await client.refused("launch", { program: PROGRAM, token: "guess" }), /token/);
  await client.ask("launch", { program: PROGRAM, token: "secret" });
  await client.close();
});

// Capability → a request that only an adapter with it can answer.
const PROOFS: Readonly<Record<string, readonly string[]>> = {
  supportsConfigurationDoneRequest: ["configurationDone"],
  supportsTerminateRequest: ["terminate"],
  supportsRestartRequest: ["restart"],
  supportsCancelRequest: ["cancel"],
  supportsStepBack: ["stepBack", "reverseContinue"],
  supportsRestartFrame: ["restartFrame"],
  supportsGotoTargetsRequest: ["gotoTargets", "goto"],
  supportsBreakpointLocationsRequest: ["breakpointLocations"],
  supportsFunctionBreakpoints: ["setFunctionBreakpoints"],
  supportsDataBreakpoints: ["dataBreakpointInfo", "setDataBreakpoints"],
  supportsExceptionInfoRequest: ["exceptionInfo"],
  supportsLoadedSourcesRequest: ["loadedSources"],
  supportsCompletionsRequest: ["completions"],
  supportsSetVariable: ["setVariable"],
  supportsSetExpression: ["setExpression"],
  supportsReadMemoryRequest: ["readMemory"],
};

test("what is announced is there, and what is not announced is refused as unknown", async () => {
  const announced = capabilities() as Record<string, unknown>;
  const optional = new Set(Object.values(PROOFS).flat());
  const basic = new Set([
    "initialize",
    "launch",
    "setBreakpoints",
    "setExceptionBreakpoints",
    "continue",
    "next",
    "stepIn",
  ]);
  for (const name of [
    "stepOut",
    "pause",
    "threads",
    "stackTrace",
    "scopes",
    "variables",
    "source",
    "evaluate",
    "disconnect",
  ]) {
    basic.add(name);
  }
  for (const command of KNOWN_COMMANDS) {
    const client = new Client(inProcess());
    const response = await client.request("initialize", { adapterID: "x" });
    assert.ok(response.success);
    client.raw({ seq: 1000, type: "request", command, arguments: {} });
    await new Promise((resolve) => setTimeout(resolve, 5));
    const answer = client.log.find((one) => (one as P.Response).request_seq === 1000) as P.Response;
    const unknown = answer.message?.includes("has no request") === true;
    const capability = Object.keys(PROOFS).find((key) => PROOFS[key].includes(command));
    const wanted = basic.has(command) || (optional.has(command) && announced[capability ?? ""] === true);
    assert.equal(!unknown, wanted, command);
  }
});
