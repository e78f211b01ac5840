// Which model stands for the kernel that this machine runs.

import { release } from "node:os";
import { compareReleases, type ModelName, RELEASES } from "../../mm/releases.ts";
import { InputError } from "../command.ts";

// The newest release that is not newer than the running kernel.
export function hostModel(kernel = release()): ModelName {
  const own = /^\d+\.\d+/.exec(kernel)?.[0];
  const older = own === undefined ? [] : RELEASES.filter((name) => compareReleases(name, own) <= 0);
  const newest = older.at(-1);
  if (newest === undefined)
    throw new InputError(`this machine's kernel ${kernel} is older than all that are simulated`);
  return newest;
}
