// Loads a bundle that lies beside this one, and what it shares with others, with the code that the build compiled for
// each (`FILE.v8`) when this Node can use that: without it a debug session spends 20 ms on parsing before it can answer.

import { readFileSync } from "node:fs";
import Module, { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { Script } from "node:vm";

export function load(name: string): unknown {
  const require = createRequire(join(__dirname, name));
  // The extension's package comes without, as it is built for other Nodes than its own; V8 refuses what another version made.
  return read(`${name}.v8`) === undefined ? require(`./${name}`) : new Loader(require).load(`./${name}`);
}

class Loader {
  private readonly require: NodeJS.Require;
  private readonly loaded = new Map<string, unknown>();

  constructor(require: NodeJS.Require) {
    this.require = require;
  }

  // `id` as one bundle asks for another: ./FILE. Everything else is Node's own.
  load(id: string): unknown {
    const known = this.loaded.get(id);
    if (known !== undefined) return known;
    const file = join(__dirname, id);
    // The build writes ASCII alone.
    const script = new Script(Module.wrap(readFileSync(file, "latin1")), {
      filename: file,
      cachedData: read(`${id}.v8`),
    });
    const module = { exports: {} };
    const require = (wanted: string): unknown => (wanted.startsWith("./") ? this.load(wanted) : this.require(wanted));
    script.runInThisContext().call(module.exports, module.exports, require, module, file, dirname(file));
    this.loaded.set(id, module.exports);
    return module.exports;
  }
}

function read(name: string): Buffer | undefined {
  try {
    return readFileSync(join(__dirname, name));
  } catch {
    return undefined;
  }
}
