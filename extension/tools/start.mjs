// `npm start`: installs, builds, and opens the samples in VS Code with the extension.
// `npm start -- --terminal` runs the first sample in the terminal instead.

import { spawn } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { install, node, root } from "./install.mjs";

install();
console.log("Building …");
if (node(["esbuild.mjs"]) !== 0) process.exit(1);

const options = process.argv.slice(2);
if (options.includes("--terminal")) {
  const [first] = readdirSync(join(root, "samples"), { recursive: true })
    .filter((name) => name.endsWith(".mmtrace"))
    .sort();
  console.log(`$ node dist/mmtrace.js run ${join("samples", first)}\n`);
  process.exitCode = node(["dist/mmtrace.js", "run", join("samples", first)]);
} else {
  const child = spawn(process.execPath, ["--import", "tsx", "extension/tools/open.ts", ...options], {
    cwd: root,
    stdio: "inherit",
  });
  // Whoever ends this ends what it serves.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (status) => process.exit(status ?? 0));
}
