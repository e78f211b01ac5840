// Finds the machine's own programs and runs them: always with a list of arguments, never through a shell, and with an error
// that says what to install when one is missing.

import { execFile } from "node:child_process";
import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { InputError } from "../command.ts";
import { killAtExit } from "./kill_at_exit.ts";

// Which package has the program, as Debian names it.
const PACKAGES = {
  "apt-get": "apt",
  "apt-cache": "apt",
  "apt-config": "apt",
  "dpkg-deb": "dpkg",
  "qemu-system-x86_64": "qemu-system-x86",
  cc: "gcc and libc6-dev",
  mke2fs: "e2fsprogs",
  setpriv: "util-linux",
  xz: "xz-utils",
  zstd: "zstd",
  lz4: "lz4",
} as const;

export type Tool = keyof typeof PACKAGES;

export type Env = Readonly<Record<string, string | undefined>>;

// Where administrators' programs lie, which a plain user's PATH leaves out. Not searched for a PATH that is set to nothing.
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin"];

export async function findTool(tool: Tool, env: Env): Promise<string | undefined> {
  const folders = (env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
  if (folders.length > 0) folders.push(...SYSTEM_FOLDERS);
  for (const folder of folders) {
    const path = join(folder, tool);
    if (await isProgram(path)) return path;
  }
  return undefined;
}

async function isProgram(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}

// The program's path; `what` says what it is needed for: "to boot a kernel".
export async function needTool(tool: Tool, what: string, env: Env): Promise<string> {
  const found = await findTool(tool, env);
  if (found !== undefined) return found;
  const hint = tool.startsWith("apt-") || tool === "dpkg-deb" ? aptHint() : installHint([tool]);
  throw new InputError(`${tool} is needed ${what}, and is not on this machine's PATH; ${hint}`);
}

export function installHint(tools: readonly Tool[]): string {
  const packages = [...new Set(tools.map((tool) => PACKAGES[tool]))].join(" and ");
  return `install ${packages} (on Debian: apt-get install ${packages.replaceAll(" and ", " ")})`;
}

function aptHint(): string {
  return "the kernels come from Debian's archive by way of apt, so that this works on Debian and its relatives only";
}

export interface Ran {
  readonly status: number;
  readonly out: Buffer;
  readonly err: string;
}

export interface RunOptions {
  readonly env: Env;
  readonly cwd?: string;
  readonly seconds: number;
  // At most so many bytes of output: more ends the program.
  readonly most?: number;
  // Each piece of standard output as it comes.
  readonly onOut?: (text: string) => void;
}

const MOST_OUTPUT = 64 << 20;

// Runs a program to its end. A status other than 0 is an answer; a program that does not end or cannot start is an error.
export function runTool(path: string, args: readonly string[], options: RunOptions): Promise<Ran> {
  return new Promise((resolve, reject) => {
    const child = execFile(
      path,
      args,
      {
        // Messages are read by us, so that they are asked for in one language.
        env: { ...options.env, LC_ALL: "C" },
        cwd: options.cwd,
        encoding: "buffer",
        timeout: options.seconds * 1000,
        killSignal: "SIGKILL",
        maxBuffer: options.most ?? MOST_OUTPUT,
        windowsHide: true,
      },
      (error, out, err) => {
        const text = err.toString("utf8");
        forget();
        if (error === null) return resolve({ status: 0, out, err: text });
        if (typeof error.code === "number") return resolve({ status: error.code, out, err: text });
        const why = error.killed ? `did not end within ${options.seconds} seconds` : error.message;
        reject(new InputError(`${path} ${why}`));
      },
    );
    const forget = killAtExit(child);
    child.stdin?.end();
    if (options.onOut) child.stdout?.on("data", (piece: Buffer) => options.onOut?.(String(piece)));
  });
}

// The last words of a program that failed, for a message of one or two lines.
export function lastWords(text: string, lines = 3): string {
  const said = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return said.slice(-lines).join("\n  ").slice(-800);
}
