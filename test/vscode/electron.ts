// `npm run test:electron`: the stories of the extension host in the desktop's VS Code, which is downloaded for it.

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runTests } from "@vscode/test-electron";
import { root } from "../../extension/tools/vscode-server.ts";

const scratch = mkdtempSync(join(tmpdir(), "mmtrace-electron-"));
const workspace = join(scratch, "samples");
cpSync(join(root, "samples"), workspace, { recursive: true });
try {
  process.exitCode = await runTests({
    extensionDevelopmentPath: root,
    extensionTestsPath: join(root, "dist-test/suite/index.cjs"),
    launchArgs: [workspace, "--disable-workspace-trust", `--user-data-dir=${join(scratch, "user")}`],
  });
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
