// The command that runs a trace on real kernels, and what it shows beside the text.

import {
  commands,
  type Diagnostic,
  type Hover,
  languages,
  MarkdownString,
  Position,
  type Uri,
  WorkspaceEdit,
  workspace,
} from "vscode";
import type { OnThisMachine } from "../../../extension/src/kernel/machine.ts";
import { equal, eventually, holds, includes, Skipped, type Story } from "./harness.ts";
import { api, opened } from "./workspace.ts";

// Filled in by the build.
declare const IN_BROWSER: boolean;

const COW = `kernel 6.1
p = mmap(4K)
write(p, "old")
child = fork()
write(p, "new") -> cow
`;

// What `mmtrace kernel compare --json --verbose` prints of a kernel that does otherwise.
const APART = JSON.stringify({
  traces: [
    {
      release: "6.1",
      model: "6.1",
      kernel: "6.1.0-50-cloud-amd64",
      lines: [
        {
          line: 3,
          operation: "write",
          simulated: "minor anon · ref 1 map 1 excl",
          real: "minor anon · ref 2 map 1 excl",
          agreed: { mapcount: 1 },
          agreements: [{ subject: "main 0x200000000000", name: "mapcount", value: "1" }],
          disagreed: [{ subject: "main 0x200000000000", name: "refcount", simulated: "1", real: "2" }],
          notVisible: [],
        },
      ],
      end: null,
    },
  ],
  totals: { compared: 2, agreed: 1, disagreed: 1, notVisible: 0 },
});

const onDesktop: Story[] = [
  {
    name: "a trace that is in no file runs on a real 6.1 kernel, and its values stand behind each line",
    limit: 400_000,
    async act() {
      const { document } = await opened(COW);
      const { realKernels } = await api();
      const why = lack(await realKernels.machine());
      if (why !== undefined) throw new Skipped(why);
      const told = await commands.executeCommand<string>("mmtrace.runOnRealKernel", document.uri, ["6.1"]);
      includes(told ?? "", /^\d+ compared, \d+ agreed, 0 disagreed, \d+ not visible \(Linux 6\.1\)$/, "summary");
      const beside = realKernels.shown.of(document.uri);
      equal(
        beside?.remarks.map(({ line, text }) => `${line + 1} ${text}`),
        [
          "2 ✓ 6.1: ok",
          "3 ✓ 6.1: minor anon · ref 1 map 1 excl",
          "4 ✓ 6.1: ok",
          "5 ✓ 6.1: minor cow · ref 1 map 1 excl",
        ],
        "remarks",
      );
      equal(kernelWarnings(document.uri).length, 0, "warnings");
      includes(await hovered(document.uri, 4), "main 0x200000000000 refcount", "hover");
      equal(document.isDirty, true, "isDirty");
    },
  },
];

const inBrowser: Story[] = [
  {
    name: "in a browser, where no process can be started, the command for real kernels says why",
    async act() {
      const { document } = await opened(COW);
      const told = await commands.executeCommand<string>("mmtrace.runOnRealKernel", document.uri, ["6.1"]);
      includes(told ?? "", "VS Code in a browser has none", "message");
      equal(await (await api()).realKernels.machine(), undefined, "machine");
    },
  },
];

export const realKernels: Story[] = [
  {
    name: "a line at which a real kernel disagrees has a warning with both values, and a table under the mouse",
    async act() {
      const { document } = await opened(COW);
      const { realKernels } = await api();
      equal(realKernels.shown.show(document, APART), true, "show");
      const [warning] = await eventually(() => {
        const found = kernelWarnings(document.uri);
        return found.length > 0 ? found : undefined;
      }, "a warning");
      equal(warning.message, "refcount of main 0x200000000000: simulated 1, real 2 (Linux 6.1)", "message");
      equal(document.getText(warning.range), 'write(p, "old")', "range");
      includes(await hovered(document.uri, 2), "⚠ simulated `1`, real **`2`**", "hover");
    },
  },
  {
    name: "what real kernels said goes when the text changes, and when it is cleared",
    async act() {
      const { document } = await opened(COW);
      const { shown } = (await api()).realKernels;
      shown.show(document, APART);
      const edit = new WorkspaceEdit();
      edit.insert(document.uri, new Position(4, 0), "# a remark\n");
      holds(await workspace.applyEdit(edit), "the text changes");
      await eventually(() => (kernelWarnings(document.uri).length === 0 ? true : undefined), "no warning");
      equal(shown.of(document.uri), undefined, "what is shown after a change");
      shown.show(document, APART);
      await eventually(() => (kernelWarnings(document.uri).length > 0 ? true : undefined), "a warning");
      await commands.executeCommand("mmtrace.clearRealKernelResults");
      await eventually(() => (kernelWarnings(document.uri).length === 0 ? true : undefined), "no warning");
      equal(shown.of(document.uri), undefined, "what is shown after clearing");
    },
  },
  ...(IN_BROWSER ? inBrowser : onDesktop),
];

// Why no real 6.1 can be run here; a failure where MMTRACE_REQUIRE_KERNEL=1 asks for one.
function lack(machine: OnThisMachine | undefined): string | undefined {
  const here = machine?.kernels.some(({ release, kernel }) => release === "6.1" && kernel !== null);
  const why = !here ? "there is no kernel 6.1 in the cache" : machine?.missing;
  if (!why) return undefined;
  if (process.env.MMTRACE_REQUIRE_KERNEL === "1") throw new Error(`${why}, and MMTRACE_REQUIRE_KERNEL=1 asks for it`);
  return why;
}

function kernelWarnings(uri: Uri): readonly Diagnostic[] {
  return languages.getDiagnostics(uri).filter(({ source }) => source === "mmtrace kernel");
}

async function hovered(uri: Uri, line: number): Promise<string> {
  const found = await commands.executeCommand<Hover[]>("vscode.executeHoverProvider", uri, new Position(line, 1));
  return found
    .flatMap(({ contents }) => contents)
    .map((part) => (part instanceof MarkdownString || typeof part === "object" ? part.value : part))
    .join("\n");
}
