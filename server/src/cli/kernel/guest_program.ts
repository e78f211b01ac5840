// Compiles the program that runs traces on a real kernel (server/guest) with the machine's own compiler, once for each state
// of its sources.

import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError } from "../command.ts";
import { cacheFolder, keptFile, sha256 } from "./cache.ts";
import { type Env, installHint, lastWords, needTool, runTool } from "./tools.ts";

const FLAGS = ["-std=gnu11", "-O2", "-static", "-Wall", "-Wextra"];
const SECONDS = 120;

// The sources lie beside the bundle's folder in the installed extension, and above this file in a checkout.
function guestSources(from: string = import.meta.dirname): string {
  for (let folder = from; folder !== dirname(folder); folder = dirname(folder)) {
    const found = join(folder, "server", "guest");
    if (existsSync(found)) return found;
  }
  throw new InputError("the guest's sources (server/guest) are missing from this installation; install mmtrace again");
}

// The compiled program's path.
export async function guestProgram(env: Env, folder: string = guestSources()): Promise<string> {
  const names = (await readdir(folder)).filter((name) => /\.[ch]$/.test(name)).sort();
  const sources = await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), "utf8")]));
  const key = sha256(JSON.stringify([FLAGS, process.arch, sources])).slice(0, 16);
  return keptFile(join(cacheFolder(env), "guest", `guest-${key}`), async (temporary) => {
    if (process.platform !== "linux" || process.arch !== "x64") {
      throw new InputError(
        `the guest's program is built on x86-64 Linux, and this machine is ${process.arch} ${process.platform}`,
      );
    }
    const cc = await needTool("cc", "to build the guest's program", env);
    const inputs = names.filter((name) => name.endsWith(".c")).map((name) => join(folder, name));
    const { status, err } = await runTool(cc, [...FLAGS, "-o", temporary, ...inputs], { env, seconds: SECONDS });
    if (status === 0) return;
    throw new InputError(
      `the guest's program does not compile; perhaps: ${installHint(["cc"])}\n  ${lastWords(err, 6)}`,
    );
  });
}
