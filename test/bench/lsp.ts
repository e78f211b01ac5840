// The language server's speed over stdio: from a keystroke to the diagnostics of the edited text, run included.

import { longTrace } from "./dap.ts";
import { Echo } from "./echo.ts";
import { Peer, percentile } from "./frames.ts";

export interface Lsp {
  readonly p50Ms: number;
  readonly p95Ms: number;
  // Of a process that only echoes.
  readonly echoP50Ms: number;
  readonly echoP95Ms: number;
}

const KEYSTROKES = 1000;

// A keystroke in the last line of a trace of 10,000 lines, so that the recording can be reused.
export async function lsp([command, ...args]: readonly string[]): Promise<Lsp> {
  const peer = new Peer(command, [...args, "lsp", "--stdio"]);
  let id = 1;
  const request = async (method: string, params: object) => {
    const mine = id++;
    peer.send({ jsonrpc: "2.0", id: mine, method, params });
    return peer.next((message) => message.id === mine && "method" in message === false);
  };
  const notify = (method: string, params: object) => peer.send({ jsonrpc: "2.0", method, params });
  const uri = "file:///bench.mmtrace";
  const text = longTrace(10_000);
  const last = text.split("\n").length - 1;
  await request("initialize", {
    processId: process.pid,
    rootUri: null,
    capabilities: { textDocument: { diagnostic: {}, publishDiagnostics: { versionSupport: true } } },
  });
  notify("initialized", {});
  notify("textDocument/didOpen", { textDocument: { uri, languageId: "mmtrace", version: 1, text } });
  const pull = () => request("textDocument/diagnostic", { textDocument: { uri } });
  await pull();
  const taken: number[] = [];
  const echo = new Echo();
  let column = 0;
  for (const [i, letter] of [..."write(p[17], 1) # typed ".padEnd(KEYSTROKES, "abc ")].entries()) {
    const position = { line: last, character: column++ };
    const began = performance.now();
    notify("textDocument/didChange", {
      textDocument: { uri, version: i + 2 },
      contentChanges: [{ range: { start: position, end: position }, text: letter }],
    });
    await pull();
    taken.push(performance.now() - began);
    peer.forget();
    await echo.ask();
  }
  peer.end();
  echo.end();
  return {
    p50Ms: percentile(taken, 0.5),
    p95Ms: percentile(taken, 0.95),
    echoP50Ms: percentile(echo.taken, 0.5),
    echoP95Ms: percentile(echo.taken, 0.95),
  };
}
