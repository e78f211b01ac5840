// `mmtrace hazards`: what can go wrong under which model, by trying all short sequences of operations.

import { join } from "node:path";
import { MODELS } from "../mm/models.ts";
import type { ModelName } from "../mm/releases.ts";
import { HAZARDS } from "../run/hazards/hazard.ts";
import { cellsOf, type Job, type JobResult, jobsOf, search, witnessesOf } from "../run/hazards/results.ts";
import { SCENES, type SceneName } from "../run/hazards/scene.ts";
import { page, reachLines, tableLines } from "../run/hazards/table.ts";
import { type Arguments, type Command, HELD, UsageError, wholeNumber } from "./command.ts";
import { type Results, readResults } from "./hazards_results.ts";
import { searchWith, serve } from "./hazards_workers.ts";
import type { Io } from "./io.ts";
import { progressOn } from "./progress.ts";
import { writeText } from "./sources.ts";
import { chosenModels } from "./trace.ts";

export const hazardsCommand: Command = {
  name: "hazards",
  synopsis: "[--kernel M[,M…]|all] [--depth D] [--workers N] [--shard I/N] [--out DIR] [--json] | --merge FILE…",
  summary:
    "Try all short sequences of operations under each model: lost DMA writes, leaks, needless copies, kept memory",
  details: [
    "Two processes, one page or one huge page, references of both kinds, fork, writes, swap, migration, unmapping. Each field of\n" +
      "the table is `safe` (up to the length that was searched) or the length of a shortest sequence that comes to the hazard;\n" +
      "--out DIR writes each such sequence as a trace whose checks hold, and a page that links them.",
    `Hazards:\n${HAZARDS.map(({ name, doc }) => `  ${name.padEnd(14)} ${doc.replaceAll("`", "")}`).join("\n")}`,
    `Scenes:\n${SCENES.map(({ name, title }) => `  ${name.padEnd(14)} ${title}`).join("\n")}`,
    "The order is the same however the work is spread. `--shard 2/8 --json` prints one of eight parts; `--merge` takes all of\n" +
      "them and prints the whole.",
  ],
  options: [
    { name: "kernel", short: "k", value: "M[,M…]|all", help: "the models (default: every release and proposal)" },
    { name: "scene", value: "S[,S…]", help: "the scenes (default: all)" },
    {
      name: "depth",
      value: "D",
      help: "operations of a sequence (default: 3 to 7, as each scene allows)",
    },
    { name: "workers", value: "N", help: "processes that search at the same time (default 1)" },
    { name: "shard", value: "I/N", help: "only the I-th of N parts of the work" },
    { name: "merge", help: "read results that --json printed, and search nothing" },
    { name: "out", value: "DIR", help: "write the traces and README.md there" },
    { name: "json", help: "print one JSON document instead" },
    { name: "serve", help: "search what a parent process asks for (what --workers starts)" },
  ],
  positional: { least: 0, most: Number.POSITIVE_INFINITY },
  run: hazards,
};

async function hazards(args: Arguments, io: Io): Promise<number> {
  if (args.on("serve")) return serve();
  if (!args.on("merge") && args.positional.length > 0) {
    throw new UsageError(`unexpected argument '${args.positional[0]}' (files are for --merge)`);
  }
  const results = args.on("merge") ? await readResults(args.positional, io) : await searched(args, io);
  const out = args.text("out");
  if (out !== undefined) await write(out, results, io);
  if (args.on("json")) {
    const document: Results = { "mmtrace hazards": 1, results };
    io.out(`${JSON.stringify(document, undefined, 1)}\n`);
    return HELD;
  }
  for (const line of [...tableLines(results), "", ...reachLines(results)]) io.out(`${line}\n`);
  return HELD;
}

async function searched(args: Arguments, io: Io): Promise<JobResult[]> {
  const models = chosenModels(args.text("kernel")) ?? [...MODELS.keys()];
  const jobs = ofShard(
    jobsOf(unique(models), scenesOf(args.text("scene")), wholeNumber(args, "depth", 1)),
    args.text("shard"),
  );
  const workers = Math.min(wholeNumber(args, "workers", 1) ?? 1, jobs.length);
  const progress = progressOn(io);
  const told = (job: Job, done: number) =>
    progress.say(`${done} of ${jobs.length} searches, ${job.scene} under ${job.model}`);
  const results: JobResult[] = [];
  if (workers > 1) results.push(...(await searchWith(workers, jobs, told)));
  else
    for (const job of jobs) {
      told(job, results.length);
      results.push(search(job));
    }
  progress.end();
  return results;
}

function ofShard(jobs: readonly Job[], shard: string | undefined): Job[] {
  if (shard === undefined) return [...jobs];
  const [, part, parts] = /^(\d+)\/(\d+)$/.exec(shard)?.map(Number) ?? [];
  if (part === undefined || part < 1 || part > parts) {
    throw new UsageError(`--shard needs I/N with I from 1 to N, not '${shard}'`);
  }
  return jobs.filter((_, i) => i % parts === part - 1);
}

function scenesOf(text: string | undefined): SceneName[] {
  const all = SCENES.map(({ name }) => name);
  if (text === undefined) return all;
  return unique(
    text.split(",").map((word) => {
      const scene = all.find((name) => name === word);
      if (scene === undefined) throw new UsageError(`no scene '${word}' (there are ${all.join(", ")})`);
      return scene;
    }),
  );
}

async function write(folder: string, results: readonly JobResult[], io: Io): Promise<void> {
  const witnesses = witnessesOf(cellsOf(results));
  for (const { file, text } of witnesses) await writeText(join(folder, file), text, io);
  await writeText(join(folder, "README.md"), page(results, witnesses), io);
}

function unique<T extends ModelName | SceneName>(all: readonly T[]): T[] {
  return [...new Set(all)];
}
