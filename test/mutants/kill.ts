// Puts a mutant into the engine, in memory alone, and finds the first trace that notices.

import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { build, type Plugin } from "esbuild";
import type { Notice } from "./caught.ts";
import type { CodeChange, ModelChange, Mutant } from "./mutant.ts";

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

// Why the text of a code mutant cannot be replaced, or undefined when it can.
export function misplaced({ file, text }: CodeChange): string | undefined {
  const times = readFileSync(join(root, "server/src/mm", file), "utf8").split(text).length - 1;
  return times === 1 ? undefined : `${file} has the text ${times} times: ${JSON.stringify(text)}`;
}

function patch({ file, text, becomes }: CodeChange): Plugin {
  return {
    name: "mutant",
    setup(context) {
      context.onLoad({ filter: /server[\\/]src[\\/]mm[\\/][^\\/]*\.ts$/ }, ({ path }) => {
        if (basename(path) !== file) return undefined;
        return { contents: readFileSync(path, "utf8").replace(text, () => becomes), loader: "ts" };
      });
    },
  };
}

// An engine with the change in it, ready to run the traces.
export class Engine {
  private readonly worker: Worker;

  private constructor(worker: Worker) {
    this.worker = worker;
  }

  static async made(change?: CodeChange): Promise<Engine> {
    const wrong = change && misplaced(change);
    if (wrong) throw new Error(wrong);
    const { outputFiles } = await build({
      entryPoints: [join(root, "test/mutants/caught.ts")],
      bundle: true,
      write: false,
      platform: "node",
      target: "node20",
      format: "cjs",
      plugins: change ? [patch(change)] : [],
      logLevel: "error",
    });
    return new Engine(new Worker(outputFiles[0].text, { eval: true, workerData: TRACES }));
  }

  // The first check that fails; undefined when every trace holds.
  caught(change?: ModelChange): Promise<Notice | undefined> {
    const { worker } = this;
    return new Promise((resolve, reject) => {
      const said = ({ notice, error }: { notice?: Notice; error?: string }) => {
        done();
        if (error === undefined) resolve(notice);
        else reject(new Error(error));
      };
      const crashed = (error: Error) => {
        done();
        resolve({ kind: "crashes", text: error.message });
      };
      const late = setTimeout(() => {
        done();
        resolve({ kind: "does not end", text: `stopped after ${MOST_MS / 1000} s` });
      }, MOST_MS);
      const done = () => {
        clearTimeout(late);
        worker.off("message", said);
        worker.off("error", crashed);
      };
      worker.on("message", said);
      worker.on("error", crashed);
      worker.postMessage(change);
    });
  }

  async end(): Promise<void> {
    await this.worker.terminate();
  }
}

// What catches the mutant. `plain` is an unchanged engine, which model mutants share.
export async function caughtBy({ change }: Mutant, plain: Engine): Promise<Notice | undefined> {
  if ("release" in change) return plain.caught(change);
  const engine = await Engine.made(change);
  try {
    return await engine.caught();
  } finally {
    await engine.end();
  }
}
