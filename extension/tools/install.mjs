// Brings node_modules to what package-lock.json says. It runs before anything is installed, hence plain JavaScript without packages.

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

// npm keeps its own note of what it installed; when the lock file is newer than that, somebody changed it.
export function install() {
  const note = join(root, "node_modules", ".package-lock.json");
  if (existsSync(note) && statSync(note).mtimeMs >= statSync(join(root, "package-lock.json")).mtimeMs) return;
  console.log("Installing the packages of package-lock.json …");
  const status = npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], root);
  if (status !== 0) throw new Error(`npm ci ended with status ${status}`);
}

// Runs npm with the Node that runs this, which works on Windows too, where `npm` is no program but a script.
export function npm(args, cwd) {
  const script = process.env.npm_execpath;
  const windows = process.platform === "win32";
  const ran = script
    ? spawnSync(process.execPath, [script, ...args], { cwd, stdio: "inherit" })
    : spawnSync("npm", args, { cwd, stdio: "inherit", shell: windows });
  return ran.status ?? 1;
}

// Runs one of the project's own scripts with Node; TypeScript goes through tsx.
export function node(args, options = {}) {
  const ran = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", ...options });
  return ran.status ?? 1;
}
