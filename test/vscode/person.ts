// A person's path through the workbench: what is seen and clicked, with Playwright in the place of eyes and hands. The
// extension is packed and installed first, as a person would have it.

import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { root, serverMain, serverNode } from "../../extension/tools/vscode-server.ts";
import type { Scene } from "./run.ts";
import { equal, eventually, holds, includes, type Verdict } from "./suite/harness.ts";
import { Workbench } from "./workbench.ts";

export async function person(scene: Scene): Promise<Verdict[]> {
  const context = await scene.browser.newContext({ viewport: { width: 1400, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const verdicts: Verdict[] = [];
  for (const [name, act] of path(scene, new Workbench(page))) {
    const begun = Date.now();
    const error = await act().then(
      () => undefined,
      (reason: unknown) => (reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)),
    );
    verdicts.push({ name, milliseconds: Date.now() - begun, error });
    await picture(page, scene, verdicts.length, name);
    // The rest of the path starts where this part should have led.
    if (error !== undefined) break;
  }
  await context.close();
  return verdicts;
}

async function picture(page: Page, scene: Scene, number: number, name: string): Promise<void> {
  const file = `person-${String(number).padStart(2, "0")}-${name.replace(/[^a-z]+/gi, "-")}.png`;
  await page.screenshot({ path: join(scene.pictures, file) });
}

function path(scene: Scene, bench: Workbench): [name: string, act: () => Promise<void>][] {
  const { page } = bench;
  return [
    ["the packed extension is below 1 MB and installs", async () => installPacked(scene)],
    [
      "the redis sample opens, coloured and with what each line did",
      async () => {
        await bench.openFolder(`http://127.0.0.1:${scene.server.port}/?folder=${encodeURIComponent(scene.workspace)}`);
        await bench.openFile("redis");
        await page.locator(".codelens-decoration", { hasText: "Debug" }).first().waitFor();
        await bench.line(/→\sminor\sanon.*ref\s\d+\smap\s\d+/).waitFor();
      },
    ],
    [
      "F5 stops before the first operation",
      async () => {
        await bench.editor.click();
        await page.keyboard.press("F5");
        await bench.toolbar(/Continue/).waitFor();
        holds((await bench.stoppedLine()) > 0, "a line is marked");
      },
    ],
    [
      "with the filter for copies on, F5 runs to a copy-on-write fault",
      async () => {
        await page.keyboard.press("Control+Shift+d");
        const filter = bench.exceptionFilter(/Fault: cow/);
        await filter.waitFor();
        await filter.click();
        await page.keyboard.press("F5");
        const why = page.locator(".exception-widget");
        await why.waitFor();
        includes((await why.textContent()) ?? "", /cow/i, "exception");
      },
    ],
    [
      "the page tables open down to an entry",
      async () => {
        const names = [/^Page tables/, /pgd|pgtable|\[/i];
        await bench.expand(bench.variable(names[0]));
        const rows = await eventually(async () => {
          const all = await bench.variables();
          return all.length > 6 ? all : undefined;
        }, "rows of the page tables");
        includes(rows.join("\n"), names[1], "page tables");
      },
    ],
    [
      "the page of the fault shows refcount, mapcount and the exclusive bit",
      async () => {
        await bench.expand(bench.variable(/^Fault/));
        const shown = (await bench.variables()).join("\n");
        for (const field of ["refcount", "mapcount", "exclusive"]) includes(shown, field, "variables");
      },
    ],
  ];
}

function installPacked(scene: Scene): void {
  const packed = join(scene.pictures, "mmtrace.vsix");
  const vsce = join(root, "node_modules/@vscode/vsce/vsce");
  run(process.execPath, [vsce, "package", "--no-dependencies", "--allow-missing-repository", "--out", packed]);
  const { size } = statSync(packed);
  holds(size < 1_000_000, `the package has ${size} bytes`);
  const server = [serverMain(scene.folder), "--server-data-dir", scene.data, "--accept-server-license-terms"];
  run(serverNode(scene.folder), [...server, "--install-extension", packed, "--force"]);
  equal(run(serverNode(scene.folder), [...server, "--list-extensions"]).trim(), "mmtrace.mmtrace", "extensions");
}

function run(program: string, args: readonly string[]): string {
  const ran = spawnSync(program, args, { cwd: root, encoding: "utf8" });
  if (ran.status !== 0) throw new Error(`${args.join(" ")}\n${ran.stdout}${ran.stderr}`);
  return ran.stdout;
}
