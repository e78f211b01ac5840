// Puts a mutant into the engine, in memory alone, and finds a trace that notices.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build, type Plugin } from "esbuild";
import type { Covered, Notice, Question, Run } from "./caught.ts";
import type { CodeChange, ModelChange, Mutant } from "./mutant.ts";
import { type Block, blockOf, instrumented } from "./reach.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

// A mutant that has not been caught by then does not end.
const MOST_MS = 240_000;

// Name and text of every trace that the tests run: what the project's tests look at, nothing else. All engines get the
// same, whatever becomes of the files meanwhile.
const TRACES = ["test/traces", "samples", "test/conformance"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".mmtrace") && !name.includes("strace"))
    .sort()
    .map((name) => [name, readFileSync(join(root, folder, name), "utf8")] as const),
);

function sourceOf(file: string): string {
  return readFileSync(join(root, "server/src/mm", file), "utf8");
}

// Why the text of a code mutant cannot be replaced, or undefined when it can.
export function misplaced({ file, text }: CodeChange): string | undefined {
  const times = sourceOf(file).split(text).length - 1;
  return times === 1 ? undefined : `${file} has the text ${times} times: ${JSON.stringify(text)}`;
}

// The run that a `NAME under MODEL` means, or undefined where there is no such trace.
export function runOf(words: string): Run | undefined {
  const [name, model] = words.split(" under ");
  const trace = TRACES.findIndex((known) => known[0] === name);
  return trace < 0 ? undefined : { trace, model };
}

// The files of server/src/mm as they are to be built.
function rewrite(contents: (file: string, source: string) => string): Plugin {
  return {
    name: "rewrite",
    setup(context) {
      context.onLoad({ filter: /server[\\/]src[\\/]mm[\\/][^\\/]*\.ts$/ }, ({ path }) => ({
        contents: contents(basename(path), readFileSync(path, "utf8")),
        loader: "ts",
      }));
    },
  };
}

// An engine, changed or not, ready to run traces.
class Engine {
  private readonly worker: Worker;

  private constructor(worker: Worker) {
    this.worker = worker;
  }

  static async made(contents?: (file: string, source: string) => string): Promise<Engine> {
    const { outputFiles } = await build({
      entryPoints: [join(root, "test/mutants/caught.ts")],
      bundle: true,
      write: false,
      platform: "node",
      target: "node20",
      format: "cjs",
      plugins: contents ? [rewrite(contents)] : [],
      // Probes that are met while the modules come into being.
      banner: { js: "globalThis.mutant_probes = {};" },
      logLevel: "error",
    });
    return new Engine(new Worker(outputFiles[0].text, { eval: true, workerData: TRACES }));
  }

  // Rejects when the engine cannot answer; `late` where it takes too long, `broken` where it ends itself.
  ask<T>(question: Question, late: T, broken: (message: string) => T): Promise<T> {
    const { worker } = this;
    return new Promise((resolve, reject) => {
      const said = ({ answer, error }: { answer: T; error?: string }) => {
        done();
        if (error === undefined) resolve(answer);
        else reject(new Error(error));
      };
      const crashed = (error: Error) => {
        done();
        resolve(broken(error.message));
      };
      const timer = setTimeout(() => {
        done();
        resolve(late);
      }, MOST_MS);
      const done = () => {
        clearTimeout(timer);
        worker.off("message", said);
        worker.off("error", crashed);
      };
      worker.on("message", said);
      worker.on("error", crashed);
      worker.postMessage(question);
    });
  }

  caught(runs: readonly Run[], change?: ModelChange): Promise<Notice | undefined> {
    const late: Notice = { kind: "does not end", run: "", text: `stopped after ${MOST_MS / 1000} s` };
    return this.ask<Notice | undefined>({ ask: "catch", runs, change }, late, (text) => ({
      kind: "crashes",
      run: "",
      text,
    }));
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

// What catches the mutant, of these runs.
export async function caughtBy({ change }: Mutant, runs: readonly Run[]): Promise<Notice | undefined> {
  const code = "file" in change ? change : undefined;
  const wrong = code && misplaced(code);
  if (wrong) throw new Error(wrong);
  const engine = await Engine.made(
    code && ((file, source) => (file === code.file ? source.replace(code.text, () => code.becomes) : source)),
  );
  try {
    return await engine.caught(runs, "release" in change ? change : undefined);
  } finally {
    await engine.end();
  }
}

// All runs, and what each comes by.
export interface Coverage {
  readonly blocks: readonly Block[];
  readonly runs: readonly Covered[];
}

// Runs everything once, without a mutant; an error where a trace does not hold.
export async function coverage(): Promise<Coverage> {
  const blocks: Block[] = [];
  const engine = await Engine.made((file, source) => instrumented(file, source, blocks));
  const fails = (message: string): never => {
    throw new Error(message);
  };
  try {
    const all = await engine.ask<Run[]>({ ask: "runs" }, [], fails);
    const runs: Covered[] = [];
    for (let at = 0; at < all.length; at += 100) {
      const part = { ask: "cover", runs: all.slice(at, at + 100), probes: blocks.length } as const;
      runs.push(...(await engine.ask<Covered[]>(part, [], fails)));
    }
    return { blocks, runs };
  } finally {
    await engine.end();
  }
}

// The runs that can notice the mutant, in the order in which they are best tried: each trace once before any is tried under
// another model, the quickest first.
export function candidates({ blocks, runs }: Coverage, { change }: Mutant): Run[] {
  let reaching: readonly Covered[];
  if ("release" in change) {
    reaching = runs.filter(({ model }) => model === change.release);
  } else {
    const block = blockOf(blocks, change, sourceOf(change.file));
    reaching = block < 0 ? runs : runs.filter(({ hits }) => hits.includes(block));
  }
  const before = new Map<number, number>();
  const placed = reaching.map((run) => {
    const nth = before.get(run.trace) ?? 0;
    before.set(run.trace, nth + 1);
    return { run, nth };
  });
  placed.sort((a, b) => a.nth - b.nth || a.run.ms - b.run.ms);
  return placed.map(({ run: { trace, model } }) => ({ trace, model }));
}
