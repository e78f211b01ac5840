// The stories that run inside VS Code's extension host, against the real editor: on the desktop, remote and in a browser.

import { env, UIKind } from "vscode";
import { activation } from "./activation.ts";
import { debugging } from "./debugging.ts";
import { editing } from "./editing.ts";
import { tell } from "./harness.ts";
import { realKernels } from "./real-kernels.ts";

export async function run(): Promise<void> {
  const failed = await tell([...activation, ...editing, ...debugging, ...realKernels]);
  if (failed > 0) throw new Error(`${failed} failed in ${env.appName} (${UIKind[env.uiKind]})`);
}
