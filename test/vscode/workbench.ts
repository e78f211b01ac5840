// The parts of VS Code's window that a person uses here, found by what they are called and not by where they are.

import type { Locator, Page } from "playwright-core";

export class Workbench {
  readonly page: Page;

  constructor(page: Page) {
    this.page = page;
  }

  async openFolder(address: string): Promise<void> {
    await this.page.goto(address);
    await this.page
      .getByRole("treeitem", { name: /\.mmtrace/ })
      .first()
      .waitFor({ timeout: 60_000 });
  }

  async openFile(part: string): Promise<void> {
    await this.page
      .getByRole("treeitem", { name: new RegExp(part) })
      .first()
      .dblclick();
    await this.page
      .getByRole("tab", { name: new RegExp(part) })
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

  async command(name: string): Promise<void> {
    await this.page.keyboard.press("F1");
    const box = this.page.locator(".quick-input-widget input");
    await box.fill(`>${name}`);
    await this.page.locator(".quick-input-list .monaco-list-row").filter({ hasText: name }).first().click();
  }

  async goToLine(line: number, column = 1): Promise<void> {
    await this.page.keyboard.press("Control+g");
    await this.page.locator(".quick-input-widget input").fill(`:${line}:${column}`);
    await this.page.keyboard.press("Enter");
  }

  // The line number, from 1, of the yellow line that execution stands at.
  async stoppedLine(): Promise<number> {
    const glyph = this.page.locator(".codicon-debug-stackframe").first();
    await glyph.waitFor();
    const at = await glyph.boundingBox();
    for (const number of await this.editor.locator(".line-numbers").all()) {
      const box = await number.boundingBox();
      if (at && box && Math.abs(box.y - at.y) < 6) return Number(await number.textContent());
    }
    throw new Error("the stop has no line number beside it");
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
    await row.waitFor();
    if ((await row.getAttribute("aria-expanded")) === "true") return;
    await row.locator(".monaco-tl-twistie").click();
    await row.and(this.page.locator('[aria-expanded="true"]')).waitFor();
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
