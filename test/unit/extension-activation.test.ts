// Activation itself is short: loading the bundle and registering what VS Code may ask for, in a Node of its own, with nothing
// else going on. What VS Code adds to that is measured in the VS Code suite.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { test } from "node:test";

// Everything of `vscode` is a function, a class and an object at once, so that only our own code takes time.
const PROGRAM = `
const Module = require("node:module");
const load = Module._load;
const anything = () => new Proxy(function () {}, {
  get: (_, key) => (key === Symbol.toPrimitive ? () => "" : key === "prototype" ? {} : anything()),
  set: () => true,
  apply: anything,
  construct: anything,
});
const loaded = [];
Module._load = function (name, ...rest) {
  loaded.push(name);
  return name === "vscode" ? anything() : load.call(this, name, ...rest);
};
const registered = [];
const begun = performance.now();
require(process.argv[1]).activate({ asAbsolutePath: (path) => path, subscriptions: registered });
console.log(JSON.stringify({ milliseconds: performance.now() - begun, registered: registered.length, loaded }));
process.exit(0);
`;

test("activation takes less than 50 ms and loads no language client", () => {
  const bundle = `${process.cwd()}/dist/extension.cjs`;
  assert.ok(existsSync(bundle), "npm run build comes first");
  const starts = Array.from({ length: 5 }, () => {
    const ran = spawnSync(process.execPath, ["-e", PROGRAM, bundle], { encoding: "utf8" });
    assert.equal(ran.status, 0, ran.stderr);
    return JSON.parse(ran.stdout) as { milliseconds: number; registered: number; loaded: string[] };
  });
  // The best of five, since the machine may be busy with something else.
  const best = Math.min(...starts.map(({ milliseconds }) => milliseconds));
  assert.ok(best < 50, `${best} ms`);
  for (const { registered, loaded } of starts) {
    assert.ok(registered > 10);
    assert.ok(loaded.includes("vscode") && !loaded.includes("./client.cjs"), loaded.join());
  }
});
