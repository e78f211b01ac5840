// On which real kernels a trace is to run: the setting's, or those that the person picks; the last choice is remembered.

import { l10n, type Memento, type QuickPickItem, window, workspace } from "vscode";
import type { OnThisMachine } from "./machine.ts";

const REMEMBERED = "mmtrace.realKernels";

// Undefined when the person thinks better of it.
export async function chooseKernels(
  machine: OnThisMachine,
  text: string,
  remembered: Memento,
): Promise<readonly string[] | undefined> {
  const known = targetsOf(machine);
  const set = (workspace.getConfiguration("mmtrace").get<string[]>("realKernels") ?? []).filter((name) =>
    known.includes(name),
  );
  if (set.length > 0) return set;
  const last = (remembered.get<string[]>(REMEMBERED) ?? []).filter((name) => known.includes(name));
  const named = namedIn(text).filter((name) => known.includes(name));
  const preset = last.length > 0 ? last : named.length > 0 ? named : known.filter((name) => name !== "host");
  const picked = await window.showQuickPick(itemsOf(machine, preset), {
    canPickMany: true,
    title: l10n.t("Run This Trace on Real Kernels"),
    placeHolder: l10n.t("Each boots in a guest of its own, with no disk and no network"),
    matchOnDescription: true,
  });
  if (picked === undefined || picked.length === 0) return undefined;
  const chosen = picked.map(({ target }) => target);
  await remembered.update(REMEMBERED, chosen);
  return chosen;
}

// What may be chosen here. The machine's own kernel does what a trace says outside of any guest, as root: not what a trace
// of a workspace that nobody trusts may have done.
export function targetsOf({ kernels, host }: OnThisMachine): readonly string[] {
  const own = host.cannot === null && workspace.isTrusted ? ["host"] : [];
  return [...kernels.map(({ release }) => release), ...own];
}

interface Item extends QuickPickItem {
  readonly target: string;
}

function itemsOf(machine: OnThisMachine, preset: readonly string[]): Item[] {
  return targetsOf(machine).map((target) => {
    const picked = preset.includes(target);
    if (target === "host") {
      const detail = l10n.t("No guest: the trace's operations are done on this machine, as root");
      return { target, label: l10n.t("This machine's own kernel"), description: machine.host.kernel, detail, picked };
    }
    const found = machine.kernels.find(({ release }) => release === target);
    const description = found?.kernel ?? l10n.t("not here yet, about {0} MB to fetch", found?.megabytes ?? 0);
    return { target, label: `Linux ${target}`, description, picked };
  });
}

// The models of the trace's kernel line.
function namedIn(text: string): readonly string[] {
  const named = /^[ \t]*kernel[ \t]+([^#\r\n]+)/m.exec(text)?.[1] ?? "";
  return named.split(/[ \t,]+/).filter((name) => name !== "");
}
