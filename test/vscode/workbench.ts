// The parts of VS Code's window that a person uses here, found by what they are called and not by where they are.

import type { Locator, Page } from "playwright-core";
import { eventually } from "./suite/harness.ts";

export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async openFolder(address: string): Promise<void> {
    await this.page.goto(address, { waitUntil: "commit" });
    await this.page
      .getByRole("treeitem", { name: /faults/ })
      .first()
      .waitFor({ timeout: 60_000 });
  }

  // Opens a file from the Explorer, through the folders named before it.
  async openFile(...path: string[]): Promise<void> {
    await this.page.keyboard.press("Control+Shift+e");
    const file = path[path.length - 1];
    for (const folder of path.slice(0, -1)) {
      const item = this.page.getByRole("treeitem", { name: new RegExp(`^${folder}`) }).first();
      if ((await item.getAttribute("aria-expanded")) !== "true") await item.click();
    }
    await this.page
      .getByRole("treeitem", { name: new RegExp(file) })
      .first()
      .dblclick();
    await this.page
      .getByRole("tab", { name: new RegExp(file) })
      .first()
      .waitFor();
    await this.editor.waitFor();
  }

  get editor(): Locator {
    return this.page.locator(".editor-instance .monaco-editor").first();
  }

  // A line of the editor by what stands in it; only lines that are scrolled into view are there.
  line(text: string | RegExp): Locator {
    return this.editor.locator(".view-line").filter({ hasText: text }).first();
  }

  // What stands behind the lines without being part of them, as decorations write it.
  async besideLines(): Promise<string[]> {
    const spans = "[...document.querySelectorAll('.editor-instance .view-line span')]";
    const found = await this.page.evaluate<string[]>(
      `${spans}.map((span) => getComputedStyle(span, "::after").content)`,
    );
    return found.filter((text) => text.startsWith('"'));
  }

  async command(name: string): Promise<void> {
    await this.page.keyboard.press("F1");
    const box = this.page.locator(".quick-input-widget input");
    await box.fill(`>${name}`);
    await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first().click();
  }

  // Checks these entries of a list to pick from, and no others, and takes them.
  async check(...names: RegExp[]): Promise<void> {
    const widget = this.page.locator(".quick-input-widget");
    const rows = widget.locator(".quick-input-list .monaco-list-row");
    await rows.first().waitFor();
    for (const row of await rows.all()) {
      const label = (await row.getAttribute("aria-label")) ?? "";
      const wanted = names.some((name) => name.test(label));
      if (((await row.getAttribute("aria-checked")) === "true") !== wanted) await row.click();
    }
    await this.page.keyboard.press("Enter");
  }

  async goToLine(line: number, column = 1): Promise<void> {
    await this.page.keyboard.press("Control+g");
    await this.page.locator(".quick-input-widget input").fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
  }

  // The line number, from 1, of the yellow line that execution stands at.
  async stoppedLine(): Promise<number> {
    return Number(await (await this.besideStop(".line-numbers")).textContent());
  }

  async stoppedText(): Promise<string> {
    return ((await (await this.besideStop(".view-line")).textContent()) ?? "").replaceAll("\u00a0", " ");
  }

  // What is at the height of the arrow in the margin; for a moment after a step there may be nothing.
  private besideStop(what: string): Promise<Locator> {
    const arrow = this.page.locator(".codicon-debug-stackframe").first();
    return eventually(async () => {
      const at = await arrow.boundingBox();
      for (const candidate of await this.editor.locator(what).all()) {
        const box = await candidate.boundingBox();
        if (at && box && Math.abs(box.y + box.height / 2 - at.y - at.height / 2) < 6) return candidate;
      }
      return undefined;
    }, `${what} beside the stop`);
  }

  // A word of the editor, as the tokens of the grammar cut it.
  word(text: string): Locator {
    return this.editor.locator(".view-line span span").getByText(text, { exact: true }).first();
  }

  // The cursor on a new line at the end of the text.
  async newLine(): Promise<void> {
    await this.editor.locator(".view-lines").click();
    await this.page.keyboard.press("Control+End");
    await this.page.keyboard.press("Enter");
  }

  // Asks the debug console and waits until it answers so.
  async ask(expression: string, answer: string): Promise<void> {
    const input = this.page.locator(".repl-input-wrapper .monaco-editor");
    await input.click();
    await this.page.keyboard.type(expression);
    await this.page.keyboard.press("Escape");
    await this.page.keyboard.press("Enter");
    const rows = this.page.locator(".repl-tree .monaco-list-row");
    const exactly = expression.replace(/[^\w]/g, "\\$&");
    const asked = rows.filter({ hasText: new RegExp(`^\\s*${exactly}\\s*$`) }).last();
    await asked.waitFor();
    const place = Number(await asked.getAttribute("data-index"));
    await this.page
      .locator(`.repl-tree .monaco-list-row[data-index="${place + 1}"]`)
      .filter({ hasText: answer })
      .waitFor();
  }

  toolbar(action: RegExp): Locator {
    return this.page
      .locator(".debug-toolbar .action-label")
      .and(this.page.getByRole("button", { name: action }))
      .first();
  }

  // A row of the Variables view by its name.
  variable(name: RegExp): Locator {
    return this.page.locator(".debug-variables .monaco-list-row").filter({ hasText: name }).first();
  }

  async expand(row: Locator): Promise<void> {
    await this.turn(row, "true");
  }

  // Opens one scope and closes the others, so that its rows are in sight.
  async scope(name: string): Promise<void> {
    const open = this.page.locator('.debug-variables .monaco-list-row[aria-level="1"][aria-expanded="true"]');
    for (const other of await open.all())
      if ((await other.textContent())?.trim() !== name) await this.turn(other, "false");
    await this.expand(this.variable(new RegExp(`^\\s*${name}\\s*$`)));
  }

  private async turn(row: Locator, expanded: "true" | "false"): Promise<void> {
    await row.waitFor();
    const label = await row.getAttribute("aria-label");
    if ((await row.getAttribute("aria-expanded")) === expanded) return;
    await row.locator(".monaco-tl-twistie").click();
    const now = this.page.locator(`.debug-variables .monaco-list-row[aria-expanded="${expanded}"]`);
    await now
      .and(this.page.locator(`[aria-label="${label}"]`))
      .first()
      .waitFor();
  }

  // The rows of the Variables view that are in sight, as a person reads them.
  async variables(): Promise<string[]> {
    return this.page.locator(".debug-variables .monaco-list-row").allInnerTexts();
  }

  // The check box of an exception filter in the Breakpoints view.
  exceptionFilter(name: RegExp): Locator {
    const rows = this.page.locator(".debug-breakpoints .monaco-list-row").filter({ hasText: name });
    return rows.first().locator('input[type="checkbox"], .monaco-checkbox').first();
  }
}
