// The debug adapter as a process of its own, over standard input and output, and on a port.

import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { FrameReader, frame } from "../../server/src/dap/framing.ts";
import { type Listening, servePort } from "../../server/src/dap/port.ts";
import { Client, type Transport } from "./dap/client.ts";
import { evaluate } from "./dap/stories.ts";
import { spawned } from "./dap/transports.ts";

const program = fileURLToPath(new URL("../../samples/02-fork/01-parent-first.mmtrace", import.meta.url));

test("a session over stdio: nothing but frames on standard output, and disconnect ends the process", async () => {
  const transport = spawned();
  const client = new Client(transport);
  await client.ask("initialize", { adapterID: "mmtrace" });
  await client.event("initialized");
  await client.ask("launch", { program });
  await client.ask("setExceptionBreakpoints", { filters: ["cow"] });
  await client.ask("configurationDone");
  const stop = await client.stopped();
  assert.equal(stop.reason, "exception");
  assert.equal(await evaluate(client, "page(data).refcount"), "1");
  await client.move("stepBack");
  assert.equal(await evaluate(client, "page(data).refcount"), "2");
  await client.ask("disconnect");
  assert.equal(await transport.exit, 0);
  assert.deepEqual(transport.garbage, []);
  assert.deepEqual(
    transport.errors.filter((line) => line.startsWith("mmtrace")),
    [],
  );
});

test("a process that reads garbage says so on standard error and goes on; the end of its input ends it", async () => {
  const transport = spawned();
  const client = new Client(transport);
  transport.write("hello there\r\n\r\nContent-Length: 3\r\n\r\n{{{");
  transport.write("Content-Length: 100\r\n\r\n{}");
  await client.ask("initialize", { adapterID: "mmtrace" });
  assert.match(transport.errors.join(""), /malformed message/);
  await client.close();
  assert.equal(await transport.exit, 0);
});

test("a port serves sessions one beside the other, each with the token", async () => {
  const stop = new AbortController();
  let listening: (at: Listening) => void = () => undefined;
  const at = new Promise<Listening>((resolve) => {
    listening = resolve;
  });
  const served = servePort(0, listening, stop.signal);
  const { port, token } = await at;
  assert.match(token, /^[0-9a-f]{32}$/);
  const clients = await Promise.all([overPort(port), overPort(port)]);
  for (const client of clients) {
    await client.ask("initialize", { adapterID: "mmtrace" });
    assert.match(await client.refused("launch", { program }), /token/);
    await client.ask("launch", { program, token, stopOnEntry: true });
    await client.ask("configurationDone");
    assert.equal((await client.stopped()).reason, "entry");
  }
  for (const client of clients) {
    await client.ask("disconnect");
    await client.close();
  }
  stop.abort();
  await served;
});

async function overPort(port: number): Promise<Client> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  let handler: (message: P.ProtocolMessage) => void = () => undefined;
  const reader = new FrameReader({
    message: (message) => handler(message as P.ProtocolMessage),
    malformed: (why) => assert.fail(why),
  });
  socket.on("data", (bytes: Uint8Array) => reader.push(bytes));
  const transport: Transport = {
    send: (message) => socket.write(frame(message)),
    receive: (to) => {
      handler = to;
    },
    close: async () => {
      socket.end();
      if (!socket.closed) await once(socket, "close");
    },
  };
  return new Client(transport);
}
