// Builds everything that is shipped: the command line, the two servers, the extension's two entries and the browser's workers.
// `node esbuild.mjs` writes dist/; `--tests` writes the VS Code suite to dist-test/ as well.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { build, transform } from "esbuild";
import { compile } from "./server/tools/compile.mjs";

process.chdir(dirname(fileURLToPath(import.meta.url)));

// What is loaded only when it is asked for: the servers and the engine's commands, so that none waits for the others.
const COMPILED = {
  "./engine_commands.ts": "cli.js",
  "./kernel_commands.ts": "kernel.js",
  "../lsp/stdio.ts": "lsp.js",
  "../dap/stdio.ts": "dap.js",
};
// The same for the extension's language client, so that activation does not wait for its library.
const ON_DEMAND = { "./desktop-client.ts": "./client.cjs" };

const onDemand = {
  name: "on demand",
  setup(context) {
    context.onResolve({ filter: /\.ts$/ }, ({ path, kind, resolveDir }) => {
      if (kind !== "dynamic-import") return undefined;
      if (COMPILED[path]) return { path: COMPILED[path], namespace: "compiled", pluginData: resolveDir };
      return ON_DEMAND[path] ? { path: ON_DEMAND[path], external: true } : undefined;
    });
    context.onLoad({ filter: /.*/, namespace: "compiled" }, ({ path, pluginData }) => ({
      contents: `module.exports = require("./compiled.ts").load(${JSON.stringify(path)});`,
      resolveDir: pluginData,
    }));
  },
};

// Most of the language client's library is the same on the desktop and in a browser, where an extension has to be one file: the
// desktop's client takes that part out of the browser's entry, instead of having it once more.
const sharedClient = {
  name: "shared client",
  setup(context) {
    const library = /[\\/]vscode-languageclient[\\/]lib[\\/]node$/;
    context.onResolve({ filter: /^\.\.\/common\/(api|client)$/ }, ({ path, resolveDir }) =>
      library.test(resolveDir) ? { path, namespace: "shared client" } : undefined,
    );
    context.onLoad({ filter: /.*/, namespace: "shared client" }, () => ({
      contents: 'module.exports = require("./browser.cjs").languageClient;',
    }));
    context.onResolve({ filter: /^\.\/browser\.cjs$/ }, ({ path }) => ({ path, external: true }));
    // Of the protocol it needs the transports alone.
    context.onResolve({ filter: /^vscode-languageserver-protocol\/node$/ }, ({ resolveDir }) =>
      library.test(resolveDir)
        ? context.resolve("vscode-jsonrpc/node", { kind: "require-call", resolveDir })
        : undefined,
    );
  },
};

// Of package.json the program needs its version, not the editor's contributions.
const versionOnly = {
  name: "version only",
  setup(context) {
    context.onLoad({ filter: /[\\/]package\.json$/ }, ({ path }) => {
      if (dirname(path) !== process.cwd()) return undefined;
      return { contents: JSON.stringify({ version: JSON.parse(readFileSync(path, "utf8")).version }), loader: "json" };
    });
  },
};

const common = {
  bundle: true,
  minify: true,
  legalComments: "none",
  logLevel: "warning",
  charset: "utf8",
  plugins: [versionOnly, onDemand],
};

const node = {
  ...common,
  platform: "node",
  target: "node20",
  format: "cjs",
  supported: { "dynamic-import": false },
  // Files that are shipped beside the bundles are looked for from here.
  define: { "import.meta.dirname": "__dirname" },
  // Some language-server packages offer a UMD build first; their ES modules bundle smaller.
  mainFields: ["module", "main"],
};

const browser = { ...common, platform: "browser", target: "es2023", mainFields: ["browser", "module", "main"] };

const shipped = [
  { ...node, entryPoints: ["server/src/cli/main.ts"], outfile: "dist/mmtrace.js" },
  { ...node, entryPoints: ["extension/src/main.ts"], outfile: "dist/extension.cjs", external: ["vscode"] },
  {
    ...node,
    entryPoints: ["extension/src/desktop-client.ts"],
    outfile: "dist/client.cjs",
    external: ["vscode"],
    plugins: [...common.plugins, sharedClient],
  },
  {
    ...browser,
    entryPoints: ["extension/src/browser.ts"],
    outfile: "dist/browser.cjs",
    format: "cjs",
    external: ["vscode"],
  },
  { ...browser, entryPoints: ["server/src/worker.ts"], outfile: "dist/worker.js", format: "iife" },
];

const servers = {
  ...node,
  entryPoints: {
    cli: "server/src/cli/engine_commands.ts",
    kernel: "server/src/cli/kernel_commands.ts",
    lsp: "server/src/lsp/stdio.ts",
    dap: "server/src/dap/stdio.ts",
  },
  outdir: "dist",
  chunkNames: "shared-[hash]",
  splitting: true,
  format: "esm",
  write: false,
};

// esbuild finds what bundles share only among ES modules. Node compiles CommonJS sooner, and from code that was kept; and
// text of ASCII alone sooner than other text. esbuild leaves regular expressions as they are.
async function buildServers() {
  const { outputFiles } = await build(servers);
  const options = { format: "cjs", minify: true, charset: "ascii", platform: "node", target: node.target };
  return Promise.all(
    outputFiles.map(async ({ path, text }) => {
      const { code } = await transform(text, { ...options, supported: node.supported });
      writeFileSync(path, code.replace(/[^\0-\x7f]/g, escaped));
      return basename(path);
    }),
  );
}

function escaped(unit) {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

// The suite that runs inside VS Code's extension hosts, in Node and in a web worker.
const suites = [
  { ...node, outfile: "dist-test/suite/index.cjs", define: { IN_BROWSER: "false" } },
  { ...browser, format: "cjs", outfile: "dist-test/web/index.cjs", define: { IN_BROWSER: "true" } },
].map((options) => ({
  ...options,
  minify: false,
  sourcemap: "inline",
  entryPoints: ["test/vscode/suite/index.ts"],
  external: ["vscode"],
}));

// The project's own package.json says "module", but the bundles are CommonJS: VS Code finds that out by the name .cjs, and Node
// for the command line by this note.
function commonjs(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, '{ "type": "commonjs" }\n');
}

commonjs("dist");
const wanted = process.argv.includes("--tests") ? [...shipped, ...suites] : shipped;
if (wanted.includes(suites[0])) commonjs("dist-test");
// esbuild prints what is wrong; the others are built all the same.
const [compiled, ...results] = await Promise.allSettled([buildServers(), ...wanted.map((options) => build(options))]);
if ([compiled, ...results].some(({ status }) => status === "rejected")) process.exitCode = 1;
const scripts = compiled.value ?? [];

if (scripts.length > 0) await compile("dist", scripts);

// What an earlier build left and this one did not make. The folder is never empty, since somebody may be running from it.
const bundles = shipped.map(({ outfile }) => basename(outfile));
const made = new Set(["package.json", ...bundles, ...scripts.flatMap((name) => [name, `${name}.v8`])]);
for (const name of readdirSync("dist")) if (!made.has(name)) rmSync(`dist/${name}`, { recursive: true });
