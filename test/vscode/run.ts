// The VS Code suite: a real VS Code, served from this machine into a headless Chromium. Three parts: the stories inside the
// extension host, the same stories in the browser's flavour of it, and a person's path through the workbench.
// $MMTRACE_REQUIRE_VSCODE=1 makes a missing Chromium a failure. Words on the command line pick parts: api, web, person.

import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fetchServer, root, type Serving, serve, writeSettings } from "../../extension/tools/vscode-server.ts";
import { chromiumPath, launch } from "./chromium.ts";
import { hostStories } from "./host-stories.ts";
import { person } from "./person.ts";
import type { Verdict } from "./suite/harness.ts";

export interface Scene {
  readonly browser: Awaited<ReturnType<typeof launch>>;
  readonly server: Serving;
  // Where the VS Code server is, and where it keeps what it is told.
  readonly folder: string;
  readonly data: string;
  // A copy of the samples, which the stories may change.
  readonly workspace: string;
  // Where screenshots of what went wrong are left.
  readonly pictures: string;
}

const counts = { passed: 0, failed: 0, skipped: 0 };
const picked = process.argv.slice(2);
const results = join(root, "test-results");
mkdirSync(results, { recursive: true });

const executable = chromiumPath();
if (executable) await inVsCode(executable);
else if (process.env.MMTRACE_REQUIRE_VSCODE === "1") {
  counts.failed++;
  console.log("FAIL vscode: there is no Chromium, and MMTRACE_REQUIRE_VSCODE=1 asks for one");
} else {
  counts.skipped++;
  console.log("skip vscode: there is no Chromium on this machine");
}
if (process.env.MMTRACE_COUNTS) writeFileSync(process.env.MMTRACE_COUNTS, JSON.stringify(counts));
process.exit(counts.failed > 0 ? 1 : 0);

async function inVsCode(path: string): Promise<void> {
  const folder = await fetchServer();
  const browser = await launch(path);
  try {
    await part("api", () => staged(browser, folder, "api", (scene) => hostStories(scene, "workspace")));
    await part("web", () => staged(browser, folder, "web", (scene) => hostStories(scene, "web")));
    await part("person", () => staged(browser, folder, "person", person));
  } finally {
    await browser.close();
  }
}

// A server with settings, extensions and samples of its own, so that no part finds what another left behind.
async function staged<T>(
  browser: Scene["browser"],
  folder: string,
  name: string,
  act: (scene: Scene) => Promise<T>,
): Promise<T> {
  const scratch = mkdtempSync(join(tmpdir(), "mmtrace-vscode-"));
  const workspace = join(scratch, "samples");
  cpSync(join(root, "samples"), workspace, { recursive: true });
  // The accelerated terminal is one picture; this one has text that can be read.
  writeSettings(scratch, { "terminal.integrated.gpuAcceleration": "off" });
  let log = "";
  const server = await serve(folder, scratch, {
    args: ["--without-connection-token", "--enable-proposed-api", "--enable-smoke-test-driver"],
    log: (text) => {
      log += text;
    },
  });
  try {
    return await act({ browser, server, folder, data: scratch, workspace, pictures: results });
  } finally {
    writeFileSync(join(results, `${name}-server.log`), log);
    const ended = new Promise((resolve) => server.process.once("exit", resolve));
    server.stop();
    await ended;
    rmSync(scratch, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}

async function part(name: string, tell: () => Promise<Verdict[]>): Promise<void> {
  if (picked.length > 0 && !picked.includes(name)) return;
  const begun = Date.now();
  let verdicts: Verdict[];
  try {
    verdicts = await tell();
  } catch (error) {
    verdicts = [
      { name: "could be told", milliseconds: 0, error: error instanceof Error ? error.stack : String(error) },
    ];
  }
  for (const verdict of verdicts) {
    if (verdict.skipped !== undefined) {
      counts.skipped++;
      console.log(`skip vscode ${name}: ${verdict.name}: ${verdict.skipped}`);
      continue;
    }
    counts[verdict.error === undefined ? "passed" : "failed"]++;
    const mark = verdict.error === undefined ? "ok  " : "FAIL";
    console.log(`${mark} vscode ${name}: ${verdict.name} (${(verdict.milliseconds / 1000).toFixed(1)} s)`);
    if (verdict.error !== undefined) console.log(verdict.error.replace(/^/gm, "     "));
  }
  console.log(`     vscode ${name} took ${((Date.now() - begun) / 1000).toFixed(1)} s`);
}
