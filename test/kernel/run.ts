// The kernel suite: the conformance traces and random ones on real kernels in QEMU, against the simulation.
//
// Without options it does what CI does: 6.1 and 6.12, and 200 random traces on each; --all does the five releases with
// 2,000 of base pages and 2,000 of large folios, the latter shared out among the profiles that the release has. Where a real kernel cannot be had (no QEMU, no archive) the run says so by name, and fails if
// $MMTRACE_REQUIRE_KERNEL=1 asks for one. What was compared is left in test-results/kernel.json and
// test-results/fuzz-RELEASE[-PROFILE].json (server/FIDELITY.md).

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { main } from "../../server/src/cli/commands.ts";
import { type Io, processIo } from "../../server/src/cli/io.ts";
import { readManifest } from "../../server/src/cli/kernel/cache.ts";
import { compareAll, compareJson, reportsOf, tallyText } from "../../server/src/cli/kernel/compare_command.ts";
import { fetchKernel } from "../../server/src/cli/kernel/fetch.ts";
import { guestsAtOnce, inTurn } from "../../server/src/cli/kernel/guests.ts";
import { RELEASES, type Release } from "../../server/src/cli/kernel/releases.ts";
import { jobsOf } from "../../server/src/cli/kernel/targets.ts";
import { needTool } from "../../server/src/cli/kernel/tools.ts";
import { MODELS } from "../../server/src/mm/models.ts";
import { largeProfilesOf } from "../../server/src/run/fuzz/profile_large.ts";
import { tallyOf } from "../../server/src/run/linux/against.ts";

const all = process.argv.includes("--all");
const releases: readonly Release[] = all ? RELEASES : ["6.1", "6.12"];
const random = all ? 2000 : 200;
const randomLarge = all ? 2000 : 0;
// The random traces of every run are the same.
const SEED = "1";

const required = process.env.MMTRACE_REQUIRE_KERNEL === "1";
const asked = all || required;
const counts = { passed: 0, failed: 0, skipped: 0 };
const io = processIo();
const missing = await unavailable();
if (missing === undefined) {
  await conformance();
  await inTurn(releases.flatMap(fuzzings), guestsAtOnce(), fuzz);
} else if (required) {
  verdict("failed", `real kernels: ${missing}; MMTRACE_REQUIRE_KERNEL=1 asks for them`);
} else {
  verdict("skipped", `real kernels: ${missing}`);
}
if (process.env.MMTRACE_COUNTS) writeFileSync(process.env.MMTRACE_COUNTS, JSON.stringify(counts));
process.exit(counts.failed > 0 ? 1 : 0);

function verdict(kind: keyof typeof counts, text: string): void {
  counts[kind]++;
  console.log(`${{ passed: "ok  ", failed: "FAIL", skipped: "skip" }[kind]} ${text}`);
}

// Why no real kernel can be had on this machine; undefined when all of them are there. A test that nobody asked to do so
// downloads nothing.
async function unavailable(): Promise<string | undefined> {
  try {
    await needTool("qemu-system-x86_64", "to boot a kernel", io.env);
    await needTool("cc", "to build the guest's program", io.env);
    for (const release of releases) {
      if (asked) await fetchKernel(release, { env: io.env, say: () => undefined, update: false });
      else if ((await readManifest(release, io.env)) === undefined) {
        return `kernel ${release} was not fetched (mmtrace kernel fetch ${release})`;
      }
    }
    return undefined;
  } catch (error) {
    if (error instanceof Error && error.name === "InputError") return error.message.split("\n")[0];
    throw error;
  }
}

async function conformance(): Promise<void> {
  const { jobs } = await jobsOf(["test/conformance"], releases, releases.length, {}, io);
  // A trace names the releases that it was measured on.
  const measured = jobs.filter(({ trace, model }) => trace.program.kernels.some((kernel) => kernel.model === model));
  const compared = await compareAll(measured, {}, guestsAtOnce(), io);
  for (const { job, result } of compared) {
    const name = `${job.trace.file} on ${job.target}`;
    if (result === undefined) verdict("failed", `${name}: not run: ${job.refused}`);
    else if ("lost" in result) verdict("failed", `${name}: the guest died: ${result.lost}`);
    else {
      const { disagreed } = tallyOf([result]);
      if (disagreed > 0) verdict("failed", `${name}: ${disagreed} disagree (mmtrace kernel compare shows them)`);
      else counts.passed++;
    }
  }
  mkdirSync("test-results", { recursive: true });
  writeFileSync(join("test-results", "kernel.json"), JSON.stringify(compareJson(compared)));
  console.log(`ok   test/conformance on ${releases.join(", ")}: ${tallyText(tallyOf(reportsOf(compared)))}`);
}

interface Fuzzing {
  readonly release: Release;
  // One of large folios; undefined for base pages.
  readonly profile: string | undefined;
  readonly count: number;
}

function fuzzings(release: Release): Fuzzing[] {
  const base = { release, profile: undefined, count: random };
  const model = MODELS.get(release);
  const names = randomLarge === 0 || model === undefined ? [] : largeProfilesOf(model);
  const count = Math.ceil(randomLarge / names.length);
  return [base, ...names.map((profile) => ({ release, profile, count }))];
}

async function fuzz({ release, profile, count }: Fuzzing): Promise<void> {
  const name = profile === undefined ? release : `${release}-${profile}`;
  const out = join("test-results", "fuzz", name);
  mkdirSync(out, { recursive: true });
  const printed: string[] = [];
  const quiet: Io = { ...io, out: (text) => void printed.push(text) };
  const words = ["fuzz", "--kernel", release, "--count", String(count), "--seed", SEED, "--out", out, "--json"];
  const status = await main(profile === undefined ? words : [...words, "--profile", profile], quiet);
  writeFileSync(join("test-results", `fuzz-${name}.json`), printed.join(""));
  const what = `${count} random traces ${profile === undefined ? "" : `about ${profile} `}on ${release}`;
  if (status === 0) verdict("passed", what);
  else verdict("failed", `${what} (traces in ${out}):\n${printed.join("")}`);
}
