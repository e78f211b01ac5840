// `npm test`: everything that can be checked on this machine, and one line at the end that sums it up.
// `--only types|style|node|kernel|vscode` does one part; further words pick test files by a part of their path.

import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { install, node, root } from "../extension/tools/install.mjs";

const only = process.argv.includes("--only") ? process.argv[process.argv.indexOf("--only") + 1] : undefined;
const words = process.argv.slice(2).filter((word, i, all) => !word.startsWith("--") && all[i - 1] !== "--only");
const results = join(root, "test-results");
const total = { passed: 0, failed: 0, skipped: 0 };
const wanted = (part) => only === undefined || only === part;

install();
rmSync(results, { recursive: true, force: true });
mkdirSync(results);

part("build", node(["esbuild.mjs", "--tests"]));
if (wanted("types")) {
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const projects = ["tsconfig.core.json", "tsconfig.node.json", "extension", "extension/tsconfig.browser.json"];
  for (const project of [...projects, "extension/tools"]) part(`types of ${project}`, node([tsc, "-p", project]));
}
if (wanted("style")) {
  const biome = join(root, "node_modules/@biomejs/biome/bin/biome");
  part("style", node([biome, "check", "--error-on-warnings", "--diagnostic-level=warn", "."]));
}
if (wanted("node")) {
  console.log(`random tests use seed ${process.env.SEED ?? 1} (SEED=N npm test for another)`);
  nodeTests();
}
if (wanted("kernel")) suite("kernel");
if (wanted("vscode")) suite("vscode");

console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;

// A part that either holds or does not.
function part(name, status) {
  total[status === 0 ? "passed" : "failed"]++;
  console.log(`${status === 0 ? "ok  " : "FAIL"} ${name}`);
}

// The files that node:test runs: all but the VS Code suite, which runs inside VS Code, and the kernel suite.
function nodeTests() {
  const files = readdirSync(join(root, "test"), { recursive: true })
    .filter((name) => name.endsWith(".test.ts") && !/(^|[\\/])(node_modules|vscode)[\\/]/.test(name))
    .filter((name) => words.length === 0 || words.some((word) => name.includes(word)))
    .map((name) => join("test", name))
    .sort();
  const counts = join(results, "node.json");
  const reporter = new URL("reporter.mjs", import.meta.url).href;
  const status = node(
    [
      "--import",
      "tsx",
      "--import",
      new URL("seed.mjs", import.meta.url).href,
      "--test",
      "--test-timeout=600000",
      `--test-reporter=${reporter}`,
    ]
      .concat("--test-reporter-destination=stdout")
      .concat(files),
    { env: { ...process.env, MMTRACE_COUNTS: counts } },
  );
  add(counts, status);
}

// One that is no node:test, and counts by itself.
function suite(name) {
  const counts = join(results, `${name}-counts.json`);
  const status = node(["--import", "tsx", `test/${name}/run.ts`], { env: { ...process.env, MMTRACE_COUNTS: counts } });
  add(counts, status);
}

// A runner that died before it could count is a failure, and so is one that failed without saying where.
function add(file, status) {
  if (!existsSync(file)) {
    console.log(`FAIL ${relative(root, file)} was not written`);
    total.failed++;
    return;
  }
  const counts = JSON.parse(readFileSync(file, "utf8"));
  if (status !== 0 && counts.failed === 0) counts.failed++;
  for (const kind of Object.keys(total)) total[kind] += counts[kind];
}
