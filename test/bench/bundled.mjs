// Runs the benches as the product is run: bundled. A loader that compiles module by module keeps the name of every function
// at the cost of a call, which makes the engine several times slower than what is shipped.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";

const main = new URL("main.ts", import.meta.url);
const folder = mkdtempSync(join(tmpdir(), "mmtrace-benches-"));
try {
  const outfile = join(folder, "main.mjs");
  await build({
    entryPoints: [fileURLToPath(main)],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    format: "esm",
    logLevel: "warning",
    // The bench's files lie in one folder, and what they read beside them is there, not beside the bundle.
    define: { "import.meta.url": JSON.stringify(main.href) },
    // CommonJS packages ask for Node's modules by require().
    banner: {
      js: `import { createRequire } from "node:module"; const require = createRequire(${JSON.stringify(main.href)});`,
    },
  });
  await import(pathToFileURL(outfile).href);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
