// Keeps what V8 makes of the servers' bundles (`FILE.v8`), for the Node that builds them: see server/src/cli/compiled.ts.
// V8 compiles a function when it is first called, so each server first has a short session: what that needed is kept too.

import { readFileSync, writeFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { PassThrough } from "node:stream";
import { pathToFileURL } from "node:url";
import { Script } from "node:vm";

const TRACE = resolve("samples/02-fork/01-parent-first.mmtrace");
const SECONDS = 60;

export async function compile(folder, names) {
  const bundles = new Bundles(resolve(folder));
  for (const name of names) bundles.load(`./${name}`);
  await Promise.all([debug(bundles.load("./dap.js")), edit(bundles.load("./lsp.js"))]);
  for (const [id, script] of bundles.scripts) writeFileSync(join(folder, `${id}.v8`), script.createCachedData());
}

class Bundles {
  scripts = new Map();
  #loaded = new Map();
  #folder;
  #require;

  constructor(folder) {
    this.#folder = folder;
    this.#require = createRequire(join(folder, "bundle.js"));
  }

  // As server/src/cli/compiled.ts does it.
  load(id) {
    if (this.#loaded.has(id)) return this.#loaded.get(id);
    const file = join(this.#folder, id);
    const script = new Script(Module.wrap(readFileSync(file, "utf8")), { filename: file });
    const module = { exports: {} };
    const require = (wanted) => (wanted.startsWith("./") ? this.load(wanted) : this.#require(wanted));
    script.runInThisContext().call(module.exports, module.exports, require, module, file, this.#folder);
    this.scripts.set(id, script);
    this.#loaded.set(id, module.exports);
    return module.exports;
  }
}

// To the first stop, and a step.
async function debug({ serveStreams }) {
  const client = new Client();
  const ended = serveStreams(client.input, client.output, () => {});
  const request = (seq, command, args) => client.send({ seq, type: "request", command, arguments: args });
  request(1, "initialize", { adapterID: "mmtrace", linesStartAt1: true, columnsStartAt1: true });
  request(2, "launch", { program: TRACE, stopOnEntry: true });
  request(3, "configurationDone", {});
  await client.says('"event":"stopped"');
  request(4, "threads", {});
  request(5, "stackTrace", { threadId: 1 });
  request(6, "next", { threadId: 1 });
  await client.says('"request_seq":6');
  client.input.end();
  await ended;
}

// To the first diagnostics, and those after a keystroke.
async function edit({ serveStreams }) {
  const client = new Client();
  serveStreams(client.input, client.output);
  const uri = pathToFileURL(TRACE).href;
  const notify = (method, params) => client.send({ jsonrpc: "2.0", method, params });
  const request = async (id, method, params) => {
    client.send({ jsonrpc: "2.0", id, method, params });
    await client.says(`"id":${id},`);
  };
  const capabilities = { textDocument: { diagnostic: {}, publishDiagnostics: {} } };
  await request(1, "initialize", { processId: null, rootUri: null, capabilities });
  notify("initialized", {});
  const text = readFileSync(TRACE, "utf8");
  notify("textDocument/didOpen", { textDocument: { uri, languageId: "mmtrace", version: 1, text } });
  await request(2, "textDocument/diagnostic", { textDocument: { uri } });
  const start = { line: 0, character: 0 };
  notify("textDocument/didChange", {
    textDocument: { uri, version: 2 },
    contentChanges: [{ range: { start, end: start }, text: "#" }],
  });
  await request(3, "textDocument/diagnostic", { textDocument: { uri } });
  await request(4, "shutdown", null);
}

class Client {
  input = new PassThrough();
  output = new PassThrough();
  #said = "";

  constructor() {
    this.output.setEncoding("utf8").on("data", (text) => {
      this.#said += text;
    });
  }

  send(message) {
    const text = JSON.stringify(message);
    this.input.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
  }

  async says(wanted) {
    const end = Date.now() + SECONDS * 1000;
    while (!this.#said.includes(wanted)) {
      if (Date.now() > end) throw new Error(`a server does not say ${wanted}, but ${this.#said}`);
      await new Promise((done) => setTimeout(done, 5));
    }
  }
}
