// The extension wakes for its own language only, and brings its commands and its server.

import { commands, extensions, window, workspace } from "vscode";
import { equal, type Story } from "./harness.ts";
import { api, opened } from "./workspace.ts";

// Filled in by the build.
declare const IN_BROWSER: boolean;

export const activation: Story[] = [
  {
    name: IN_BROWSER ? "the host is a web worker" : "the host is a process",
    async act() {
      equal("importScripts" in globalThis, IN_BROWSER, "importScripts");
    },
  },
  {
    name: "a text file does not wake the extension",
    async act() {
      await window.showTextDocument(
        await workspace.openTextDocument({ language: "plaintext", content: "kernel 6.1\n" }),
      );
      equal(extensions.getExtension("mmtrace.mmtrace")?.isActive, false, "isActive");
    },
  },
  {
    name: "the extension wakes and its server comes up",
    async act() {
      const begun = performance.now();
      const { client } = await api();
      console.log(`asked for and active after ${(performance.now() - begun).toFixed(1)} ms`);
      equal((await client()).isRunning(), true, "isRunning");
    },
  },
  {
    name: "every command of the manifest is there",
    async act() {
      const manifest = extensions.getExtension("mmtrace.mmtrace")?.packageJSON as {
        contributes: { commands: { command: string }[] };
      };
      const there = new Set(await commands.getCommands(true));
      const missing = manifest.contributes.commands.filter(({ command }) => !there.has(command));
      equal(missing, [], "missing commands");
    },
  },
  {
    name: "the language server can be restarted",
    async act() {
      const { document } = await opened("p = mmap(4K)\nwrite(p) -> anon\n");
      await commands.executeCommand("mmtrace.restartServer");
      const { client } = await api();
      equal((await client()).isRunning(), true, "isRunning");
      equal(document.languageId, "mmtrace", "language");
    },
  },
];
