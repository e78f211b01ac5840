// A person's path through the workbench: what is seen and clicked, with Playwright in the place of eyes and hands. The
// extension is packed and installed first, as a person would have it.

import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { root, serverMain, serverNode } from "../../extension/tools/vscode-server.ts";
import { readManifest } from "../../server/src/cli/kernel/cache.ts";
import { findTool } from "../../server/src/cli/kernel/tools.ts";
import type { Scene } from "./run.ts";
import { equal, eventually, holds, includes, outcomeOf, Skipped, type Verdict } from "./suite/harness.ts";
import { Workbench } from "./workbench.ts";

export async function person(scene: Scene): Promise<Verdict[]> {
  const context = await scene.browser.newContext({ viewport: { width: 1400, height: 1300 } });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const verdicts: Verdict[] = [];
  for (const [name, act] of path(scene, new Workbench(page))) {
    const begun = Date.now();
    const told = await outcomeOf(act());
    verdicts.push({ name, milliseconds: Date.now() - begun, ...told });
    await picture(page, scene, verdicts.length, name);
    // The rest of the path starts where this part should have led.
    if (told.error !== undefined) break;
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
        await bench.openFile("strace", "redis-bgsave.mmtrace");
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
      "the page tables open level by level, down to an entry",
      async () => {
        await bench.scope("Page tables");
        // Each level's first slot leads one level down; the last one's fields are the entry's bits.
        for (const [depth, level] of ["pgd", "pud", "pmd", "pte"].entries()) {
          const slot = page.locator(`.debug-variables .monaco-list-row[aria-level="${depth + 2}"]`).first();
          await slot.waitFor();
          includes((await slot.textContent()) ?? "", new RegExp(`^${level} 0x[0-9a-f]+`), "slot");
          await bench.expand(slot);
        }
        await bench.variable(/^\s*present\s*=\s*[01]/).waitFor();
      },
    ],
    [
      "a folio shows its refcount, mapcount and exclusive bit, and who holds it",
      async () => {
        await bench.scope("Folios");
        await bench.expand(page.locator('.debug-variables .monaco-list-row[aria-level="2"]').first());
        const shown = await eventually(async () => {
          const rows = (await bench.variables()).join("\n");
          return rows.includes("refcount") ? rows : undefined;
        }, "the fields of a folio");
        for (const field of [/holders/, /refcount\s*=\s*\d+/, /mapcount\s*=\s*\d+/, /exclusive\s*=\s*[01]/])
          includes(shown, field, "variables");
      },
    ],
    [
      "the debug console answers what the copied page's counters are",
      async () => {
        const line = await bench.stoppedText();
        const target = /write\(([^,)]+)/.exec(line)?.[1];
        holds(target, `the stop is at a write: ${line}`);
        await bench.ask(`page(${target}).mapcount`, "1");
        await bench.ask(`page(${target}).exclusive`, "1");
      },
    ],
    [
      "stepping back undoes the write: the page is not copied yet",
      async () => {
        const target = /write\(([^,)]+)/.exec(await bench.stoppedText())?.[1];
        await bench.toolbar(/Step Back/).click();
        await page
          .getByText(/◀ step/)
          .first()
          .waitFor();
        await bench.ask(`page(${target})`, "none");
        await bench.toolbar(/^Stop/).click();
        await bench.toolbar(/^Stop/).waitFor({ state: "hidden" });
      },
    ],
    [
      "the mouse over an operation shows its manual",
      async () => {
        await bench.openFile("01-faults", "01-zero-page");
        // The lines move down once, when the lenses come.
        await page.locator(".codelens-decoration").first().waitFor();
        await bench.line(/→\sminor/).waitFor();
        const manual = page.locator(".monaco-hover:visible").filter({ hasText: "mmap(" }).first();
        await eventually(async () => {
          await bench.line(/expect/).hover();
          await bench.word("mmap").hover();
          const shown = await manual.waitFor({ timeout: 4000 }).then(
            () => true,
            () => undefined,
          );
          return shown;
        }, "the manual of mmap");
      },
    ],
    [
      "an operation is completed from its first letters",
      async () => {
        await bench.newLine();
        await page.keyboard.type("mun");
        const proposal = page.locator(".suggest-widget .monaco-list-row").filter({ hasText: "munmap" });
        await proposal.first().waitFor();
        await page.keyboard.press("Enter");
        await bench.line(/^munmap\(/).waitFor();
        await page.keyboard.press("Escape");
        await page.keyboard.press("Escape");
      },
    ],
    [
      "an expect that fails is underlined, and its actual value is accepted with the quick fix",
      async () => {
        await page.keyboard.press("Control+Shift+k");
        await bench.newLine();
        await page.keyboard.type("expect main.alive == 7");
        await page.keyboard.press("Escape");
        await bench.editor.locator(".squiggly-error").first().waitFor();
        await page.keyboard.press("Control+.");
        const fix = page
          .locator(".action-widget .monaco-list-row")
          .filter({ hasText: /accept/i })
          .first();
        await fix.waitFor();
        await fix.click();
        await bench.line(/^expect\smain\.alive\s==\s1/).waitFor();
        await bench.editor.locator(".squiggly-error").first().waitFor({ state: "hidden" });
      },
    ],
    [
      "the lens Run runs the trace in a terminal",
      async () => {
        await bench.openFile("02-fork", "02-child-first");
        await page.locator(".codelens-decoration a", { hasText: /^Run$/ }).first().click();
        await eventually(async () => {
          const rows = page.locator(".terminal-wrapper .xterm-rows");
          const said = (await rows.count()) > 0 ? ((await rows.first().textContent()) ?? "") : "";
          return /\d+\spassed,\s0\sfailed/.test(said) ? true : undefined;
        }, "the sum of checks in the terminal");
      },
    ],
    [
      "one button of the debug toolbar shows a trace's numbers on real kernels",
      async () => {
        const releases = await kernelsHere();
        if (typeof releases === "string") throw new Skipped(releases);
        await bench.openFile("02-fork", "01-parent-first");
        await bench.editor.click();
        await page.keyboard.press("F5");
        await bench.toolbar(/Run This Trace on a Real Kernel/).click();
        await bench.check(...releases.map((release) => new RegExp(`^Linux ${release.replace(".", "\\.")}(?!\\d)`)));
        // Emulated machines boot, on a machine that does much else.
        const wanted = `✓ ${releases.join(" ")}: minor cow · ref 1 map 1 excl`;
        const beside = async () => ((await bench.besideLines()).join("\n").includes(wanted) ? true : undefined);
        await eventually(beside, `\`${wanted}\` behind a line`, 240_000);
      },
    ],
    [
      "the mouse over a line that ran on real kernels shows each value",
      async () => {
        if (typeof (await kernelsHere()) === "string") throw new Skipped("no real kernel was run");
        const table = page.locator(".monaco-hover:visible").filter({ hasText: "On real kernels" }).first();
        await eventually(async () => {
          await bench.line(/expect/).hover();
          await bench.word("fork").hover();
          return table.waitFor({ timeout: 4000 }).then(
            () => true,
            () => undefined,
          );
        }, "the table of values");
        await bench.toolbar(/^Stop/).click();
        await bench.toolbar(/^Stop/).waitFor({ state: "hidden" });
      },
    ],
    [
      "VS Code activates the extension without a delay that a person would see",
      async () => {
        const measured: number[] = [];
        // VS Code's clock runs on while the machine does other things (at this moment it starts a dozen extensions), hence the
        // best of three starts and a wide limit. What activation itself needs is held to 50 ms in test/unit.
        while (Math.min(...measured) >= 300 && measured.length < 3) {
          if (measured.length > 0) {
            await page.reload({ waitUntil: "commit" });
            await bench.openFile("02-fork", "02-child-first");
          }
          await page.locator(".codelens-decoration").first().waitFor();
          measured.push(await activationTime(bench));
        }
        holds(Math.min(...measured) < 300, `activation took ${measured.join(", ")} ms`);
      },
    ],
  ];
}

// The releases that can be run at once, 6.1 among them, or why there is none.
async function kernelsHere(): Promise<readonly string[] | string> {
  const { env } = process;
  const wanted = ["6.1", "6.12", "7.2"] as const;
  const here = [];
  for (const release of wanted) if (await readManifest(release, env)) here.push(release);
  const tools = await Promise.all((["qemu-system-x86_64", "cc", "mke2fs"] as const).map((tool) => findTool(tool, env)));
  if (here.includes("6.1") && !tools.includes(undefined)) return here;
  const why = "there is no kernel 6.1 in the cache, or nothing to boot it with";
  if (env.MMTRACE_REQUIRE_KERNEL === "1") throw new Error(`${why}, and MMTRACE_REQUIRE_KERNEL=1 asks for it`);
  return why;
}

async function activationTime(bench: Workbench): Promise<number> {
  await bench.command("Developer: Show Running Extensions");
  const row = bench.page.locator(".runtime-extensions-editor .monaco-list-row").filter({ hasText: "mmtrace" }).first();
  const list = bench.page.locator(".runtime-extensions-editor .monaco-list").first();
  await list.waitFor();
  // The slowest come first, and only rows in sight are there.
  await eventually(async () => {
    if ((await row.count()) > 0) return true;
    await list.hover();
    await bench.page.mouse.wheel(0, 300);
    return undefined;
  }, "our row among the running extensions");
  const said = await eventually(
    async () => /Activation: (\d+)ms/.exec((await row.textContent()) ?? "")?.[1],
    "the time of activation",
  );
  return Number(said);
}

function installPacked(scene: Scene): void {
  const packed = join(scene.pictures, "mmtrace.vsix");
  const vsce = join(root, "node_modules/@vscode/vsce/vsce");
  run(process.execPath, [
    vsce,
    "package",
    "--no-dependencies",
    "--allow-missing-repository",
    "--no-rewrite-relative-links",
    "--out",
    packed,
  ]);
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
