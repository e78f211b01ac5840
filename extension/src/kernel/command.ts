// The command *Run This Trace on a Real Kernel*: which trace, which kernels, what is missing for it, and the comparison.

import { commands, type Disposable, debug, env, l10n, type Memento, Uri, window, workspace } from "vscode";
import { isTrace } from "../configurations.ts";
import type { CommandLine, Host } from "../host.ts";
import { ask, askQuietly, type Said } from "./call.ts";
import { chooseKernels, targetsOf } from "./choice.ts";
import type { Comparison } from "./comparison.ts";
import { installCommand, lacking, type OnThisMachine, readMachine, unfetched } from "./machine.ts";
import { called, summary } from "./remarks.ts";
import { ShownComparisons } from "./shown.ts";

export class RealKernels implements Disposable {
  readonly shown = new ShownComparisons();
  private readonly host: Host;
  private readonly remembered: Memento;
  private readonly running = new Set<string>();

  constructor(host: Host, remembered: Memento) {
    this.host = host;
    this.remembered = remembered;
  }

  dispose(): void {
    this.shown.dispose();
  }

  // What this machine has for it; undefined where it can have nothing.
  async machine(): Promise<OnThisMachine | undefined> {
    return this.host.commandLine && machineOf(this.host.commandLine);
  }

  // `given` is what a menu hands over, `kernels` what a keybinding or another extension asks for without a question. Gives what
  // the person was told in the end.
  async run(given?: unknown, kernels?: unknown): Promise<string | undefined> {
    const trace = traceMeant(given);
    if (trace === undefined) return inform(l10n.t("Open a trace first."));
    const { commandLine } = this.host;
    if (!commandLine) return inform(noProcesses());
    const document = await workspace.openTextDocument(trace);
    if (document.languageId !== "mmtrace") return offerImport(trace);
    const key = trace.toString();
    if (this.running.has(key)) return inform(l10n.t("This trace is on its way to real kernels already."));
    this.running.add(key);
    try {
      const targets = await this.targets(commandLine, document.getText(), kernels);
      if (targets === undefined) return undefined;
      const { version } = document;
      const said = await compare(commandLine, trace, document.getText(), targets);
      if (said === undefined) return undefined;
      if (document.isClosed || document.version !== version) {
        return inform(l10n.t("The trace has changed while it ran; run it again to see real values beside it."));
      }
      if (!this.shown.show(document, said.out)) return complain(complaintOf(said));
      const comparison = this.shown.of(trace)?.comparison;
      if (!comparison || comparison.kernels.length === 0) return complain(complaintOf(said));
      return report(comparison);
    } finally {
      this.running.delete(key);
    }
  }

  // The kernels to run on, all of them there and ready to boot.
  private async targets(
    commandLine: CommandLine,
    text: string,
    kernels: unknown,
  ): Promise<readonly string[] | undefined> {
    const machine = await machineOf(commandLine);
    if (machine === undefined) return undefined;
    const asked = Array.isArray(kernels) ? targetsOf(machine).filter((target) => kernels.includes(target)) : [];
    const chosen = asked.length > 0 ? asked : await chooseKernels(machine, text, this.remembered);
    if (chosen === undefined) return undefined;
    const lack = lacking(machine, chosen);
    if (lack !== undefined) {
      complain(l10n.t("Something is missing to run real kernels: {0}", lack));
      return undefined;
    }
    return fetched(commandLine, machine, chosen);
  }
}

function noProcesses(): string {
  return l10n.t(
    "A real kernel needs a machine to boot on, and VS Code in a browser has none: open the trace in VS Code on the desktop, or connected to a Linux machine.",
  );
}

// A menu of the editor gives a URI, a code lens a string, menus of the debugger something else or nothing: then the active
// editor's trace is meant, and behind it the one that is debugged.
function traceMeant(given: unknown): Uri | undefined {
  if (typeof given === "string") return Uri.parse(given);
  if (given instanceof Uri) return given;
  const open = window.activeTextEditor?.document;
  if (open && isTrace(open.uri, open.languageId)) return open.uri;
  const session = debug.activeDebugSession;
  const program: unknown = session?.type === "mmtrace" ? session.configuration.program : undefined;
  if (typeof program !== "string") return undefined;
  return /^[a-z][a-z0-9+.-]+:/i.test(program) ? Uri.parse(program) : Uri.file(program);
}

async function offerImport(log: Uri): Promise<undefined> {
  const text = l10n.t("A log is imported as a trace first; the trace then runs on real kernels.");
  const doIt = l10n.t("Import");
  if ((await window.showInformationMessage(text, doIt)) === doIt)
    await commands.executeCommand("mmtrace.importStrace", log);
}

async function machineOf(commandLine: CommandLine): Promise<OnThisMachine | undefined> {
  const said = await askQuietly({ commandLine, args: ["kernel", "list", "--json"] });
  const machine = said.status === 0 ? readMachine(said.out) : undefined;
  if (machine === undefined) complain(complaintOf(said));
  return machine;
}

// The chosen kernels that are here in the end: what is not yet is fetched, if the person likes.
async function fetched(
  commandLine: CommandLine,
  machine: OnThisMachine,
  chosen: readonly string[],
): Promise<readonly string[] | undefined> {
  const { releases, megabytes } = unfetched(machine, chosen);
  if (releases.length === 0) return chosen;
  const here = chosen.filter((target) => !releases.includes(target));
  const fetch = l10n.t("Fetch");
  const without = l10n.t("Run without Them");
  const answer = await window.showInformationMessage(
    l10n.t("{0}: not on this machine yet.", releases.map((release) => `Linux ${release}`).join(", ")),
    {
      modal: true,
      detail: l10n.t(
        "About {0} MB are downloaded from Debian's archive by this machine's apt, which checks them, into your cache folder. No root is needed.",
        megabytes,
      ),
    },
    ...[fetch, ...(here.length > 0 ? [without] : [])],
  );
  if (answer === without) return here;
  if (answer !== fetch) return undefined;
  const args = ["kernel", "fetch", ...releases, "--progress"];
  const said = await ask(l10n.t("Fetching real kernels"), { commandLine, args });
  if (said === undefined) return undefined;
  if (said.status === 0) return chosen;
  complain(complaintOf(said));
  const now = await machineOf(commandLine);
  const left = now && unfetched(now, chosen).releases;
  const ready = left && chosen.filter((target) => !left.includes(target));
  return ready && ready.length > 0 ? ready : undefined;
}

// The text goes along as the editor shows it, saved or not.
function compare(
  commandLine: CommandLine,
  trace: Uri,
  input: string,
  targets: readonly string[],
): Promise<Said | undefined> {
  const limits = workspace.getConfiguration("mmtrace", trace).get<Record<string, number>>("limits") ?? {};
  const { events = 20_000_000, memory = 2048, time = 60 } = limits;
  const args = ["kernel", "compare", "-", "--kernel", targets.join(","), "--json", "--verbose", "--progress"].concat([
    ...["--limit-events", String(events), "--limit-memory", `${memory}M`],
    ...["--limit-seconds", String(Math.max(1, Math.ceil(time)))],
  ]);
  const name = trace.path.slice(trace.path.lastIndexOf("/") + 1);
  return ask(l10n.t("Running {0} on real kernels", name), { commandLine, args, input });
}

// Says what came out, and leaves at that: nobody waits for the person to read it.
function report(comparison: Comparison): string {
  const told = comparison.kernels.flatMap((on) => (on.missing === undefined ? [] : [`${called(on)}: ${on.missing}`]));
  const ran = comparison.kernels.some(({ missing }) => missing === undefined);
  const said = [...(ran ? [summary(comparison)] : []), ...told.map(shortened)];
  const text = said.join(". ");
  if (comparison.totals.disagreed === 0 && told.length === 0) {
    return inform(text);
  }
  const problems = l10n.t("Show Problems");
  const buttons = comparison.totals.disagreed > 0 ? [problems] : [];
  void window.showWarningMessage(text, ...buttons).then((answer) => {
    if (answer === problems) void commands.executeCommand("workbench.actions.view.problems");
  });
  return text;
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

// The line that says what is wrong, of all that a command complained of.
function complaintOf({ complaints, status }: Said): string {
  const wrong = complaints.filter((line) => /\berror: /.test(line));
  const first = complaints.indexOf(wrong[0]);
  // A message may go on in indented lines.
  const rest = complaints.slice(first + 1).findIndex((line) => !line.startsWith("  "));
  const lines = first < 0 ? complaints.slice(-2) : complaints.slice(first, rest < 0 ? undefined : first + 1 + rest);
  const text = shortened(lines.join(" ").replace(/^error: /, ""));
  return text === "" ? l10n.t("mmtrace ended with status {0}.", status) : text;
}

function inform(text: string): string {
  void window.showInformationMessage(text);
  return text;
}

// With a button that copies the command that installs what is missing.
function complain(text: string): string {
  const command = installCommand(text);
  const copy = l10n.t("Copy Command");
  void window.showErrorMessage(text, ...(command ? [copy] : [])).then((answer) => {
    if (command && answer === copy) void env.clipboard.writeText(command);
  });
  return text;
}
