// Searches spread over processes of this program: each gets the next job when it is done with its last one.

import { type ChildProcess, fork } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { bug } from "../mm/errors.ts";
import { type Job, type JobResult, search } from "../run/hazards/results.ts";
import { HELD } from "./command.ts";

// The results in the order of the jobs.
export async function searchWith(
  workers: number,
  jobs: readonly Job[],
  told: (job: Job, done: number) => void,
): Promise<JobResult[]> {
  const results = new Array<JobResult>(jobs.length);
  let next = 0;
  let done = 0;
  const children: ChildProcess[] = [];
  const work = (child: ChildProcess) =>
    new Promise<void>((resolve, reject) => {
      let at = -1;
      const give = () => {
        at = next++;
        if (at >= jobs.length) {
          child.disconnect();
          resolve();
          return;
        }
        told(jobs[at], done);
        child.send(jobs[at]);
      };
      child.on("message", (result) => {
        results[at] = result as JobResult;
        done++;
        give();
      });
      child.on("error", reject);
      child.on("exit", (code) => {
        if (at < jobs.length) reject(new Error(`a worker ended with ${code} while it searched`));
      });
      give();
    });
  try {
    for (let i = 0; i < workers; i++) children.push(fork(program(), ["hazards", "--serve"]));
    await Promise.all(children.map(work));
  } finally {
    for (const child of children) child.kill();
  }
  return results;
}

// The bundle, or the source when it is run as that.
function program(): string {
  const bundled = join(import.meta.dirname, "mmtrace.js");
  return existsSync(bundled) ? bundled : join(import.meta.dirname, "main.ts");
}

// A worker: until its parent disconnects.
export function serve(): Promise<number> {
  if (!process.connected) bug("hazards --serve is what --workers starts");
  process.on("message", (job) => process.send?.(search(job as Job)));
  return new Promise((resolve) => process.on("disconnect", () => resolve(HELD)));
}
