// Opens the samples in VS Code with the extension: in the desktop's when it is there, else in one served to the browser.

import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { accessSync, constants, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cache, fetchServer, root, serve, serverMain, serverNode, writeSettings } from "./vscode-server.ts";

const samples = join(root, "samples");
const code = process.argv.includes("--browser") ? undefined : onPath("code");
if (code) openDesktop(code);
else await openBrowser();

function openDesktop(program: string): void {
  const shell = program.endsWith(".cmd");
  const quote = (text: string) => (shell ? `"${text}"` : text);
  const args = [`--extensionDevelopmentPath=${root}`, samples, join(samples, showpiece())];
  spawn(quote(program), args.map(quote), { stdio: "inherit", shell }).on("exit", (status) => {
    process.exitCode = status ?? 1;
  });
  console.log(`\nVS Code opens with the folder samples.\n\n${whatToClick()}`);
}

// The extension is packed and installed as a person would get it, into a VS Code that has nothing else.
async function openBrowser(): Promise<void> {
  const folder = await fetchServer();
  const data = join(cache, "vscode-data");
  writeSettings(data);
  console.log("Packing and installing the extension …");
  run(process.execPath, [
    join(root, "node_modules/@vscode/vsce/vsce"),
    ...[
      "package",
      "--no-dependencies",
      "--allow-missing-repository",
      "--no-rewrite-relative-links",
      "--out",
      join(root, "mmtrace.vsix"),
    ],
  ]);
  run(serverNode(folder), [
    ...[serverMain(folder), "--server-data-dir", data, "--accept-server-license-terms"],
    ...["--install-extension", join(root, "mmtrace.vsix"), "--force"],
  ]);
  const token = randomBytes(16).toString("hex");
  const wanted = process.argv[process.argv.indexOf("--port") + 1];
  const port = process.argv.includes("--port") ? Number(wanted) : 0;
  const server = await serve(folder, data, { port, args: ["--connection-token", token] });
  const address = `http://127.0.0.1:${server.port}/?tkn=${token}&folder=${encodeURIComponent(samples)}`;
  console.log(`\nVS Code is served from this machine. Open this address in a browser:\n\n    ${address}\n`);
  console.log(`${whatToClick()}\nCtrl+C ends it.`);
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(0));
  server.process.on("exit", (status) => process.exit(status ?? 1));
}

function whatToClick(): string {
  return [
    `  1. Click ${showpiece()} in the Explorer on the left.`,
    "  2. Press F5: the debugger stops before the first line.",
    "  3. Press F10 to step, F11 to step into the kernel, and the ◀ button of the debug toolbar to step back.",
    "     The page tables, each folio's counters and their holders are in the Variables view.",
    "",
  ].join("\n");
}

// The sample that shows most: a real program's memory, imported from its log; else the first one.
function showpiece(): string {
  const names = readdirSync(samples, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".mmtrace"));
  return names.find((name) => name.includes("redis")) ?? names.sort()[0];
}

function onPath(name: string): string | undefined {
  const names = process.platform === "win32" ? [`${name}.cmd`, `${name}.exe`] : [name];
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const candidate of names) {
      try {
        accessSync(join(folder, candidate), constants.X_OK);
        return join(folder, candidate);
      } catch {
        // Not in this folder.
      }
    }
  }
  return undefined;
}

function run(program: string, args: readonly string[]): void {
  const ran = spawnSync(program, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
}
