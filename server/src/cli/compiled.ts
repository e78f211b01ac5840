// Loads a bundle that lies beside this one, with the code that the build compiled for it (`FILE.v8`) when this Node can
// use that: without it a debug session spends 20 ms on parsing before it can answer.

import { readFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

export function load(name: string): unknown {
  const file = join(__dirname, name);
  const cachedData = compiled(file);
  const require = createRequire(file);
  if (cachedData === undefined) return require(file);
  const script = new Script(Module.wrap(readFileSync(file, "utf8")), { filename: file, cachedData });
  const module = { exports: {} };
  script.runInThisContext().call(module.exports, module.exports, require, module, file, dirname(file));
  return module.exports;
}

// The extension's package comes without, as it is built for other Nodes than its own; V8 refuses what another version made.
function compiled(file: string): Buffer | undefined {
  try {
    return readFileSync(`${file}.v8`);
  } catch {
    return undefined;
  }
}
