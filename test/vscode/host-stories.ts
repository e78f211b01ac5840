// Runs the suite inside an extension host and collects its verdicts: in the remote host's Node, or in the browser's web worker.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../extension/tools/vscode-server.ts";
import type { Scene } from "./run.ts";
import { MARK, type Verdict } from "./suite/harness.ts";

export async function hostStories(scene: Scene, kind: "workspace" | "web"): Promise<Verdict[]> {
  placeExtension(scene, kind);
  const page = await scene.browser.newPage({ viewport: { width: 1280, height: 800 } });
  const verdicts: Verdict[] = [];
  const said: string[] = [];
  const authority = `127.0.0.1:${scene.server.port}`;
  const ended = new Promise<number>((resolve) => {
    void page.exposeFunction("codeAutomationExit", (code: number) => resolve(code));
    setTimeout(() => resolve(-1), 600_000);
  });
  const listen = (text: string) => {
    said.push(text);
    const at = text.indexOf(MARK);
    if (at >= 0) verdicts.push(JSON.parse(text.slice(at + MARK.length)));
  };
  await page.exposeFunction("codeAutomationLog", (type: string, args: unknown[]) =>
    listen(`${type} ${args.join(" ")}`),
  );
  const remote = (path: string) => `vscode-remote://${authority}${join(root, path)}`;
  const payload = [
    ["extensionDevelopmentPath", remote("")],
    ["extensionTestsPath", remote(kind === "web" ? "dist-test/web/index.cjs" : "dist-test/suite/index.cjs")],
    ["skipWelcome", "true"],
  ];
  const query = new URLSearchParams({ folder: scene.workspace, payload: JSON.stringify(payload) });
  await page.goto(`http://${authority}/?${query}`, { waitUntil: "commit" });
  const code = await ended;
  if (code !== 0 || verdicts.some(({ error }) => error !== undefined))
    await page.screenshot({ path: join(scene.pictures, `${kind}.png`) });
  await page.close();
  writeFileSync(join(scene.pictures, `${kind}.log`), said.join("\n"));
  const failed = verdicts.some(({ error }) => error !== undefined);
  if (code !== 0 && !failed) {
    const why = code < 0 ? "did not come to an end" : `ended with ${code}`;
    verdicts.push({ name: "the suite ends", milliseconds: 0, error: `it ${why}; test-results/${kind}.log tells more` });
  }
  return verdicts;
}

// An extension with both entries runs beside the files unless a person chooses otherwise. (The payload's
// extensionDevelopmentKind has no effect in the served VS Code 1.139: the two sides of its code call it by different names.)
function placeExtension(scene: Scene, kind: "workspace" | "web"): void {
  const folder = join(scene.data, "data/User");
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, "settings.json"),
    JSON.stringify({ "remote.extensionKind": { "mmtrace.mmtrace": [kind] } }),
  );
}
