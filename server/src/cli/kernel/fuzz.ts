// `mmtrace fuzz`: random traces on the simulator and on a real kernel, and the shortest traces on which they disagree.

import { randomInt } from "node:crypto";
import { join } from "node:path";
import { nearest } from "../../lang/nearest.ts";
import { OPS } from "../../lang/ops.ts";
import { MODELS } from "../../mm/models.ts";
import type { ModelName } from "../../mm/releases.ts";
import { headerOf } from "../../run/fuzz/finding.ts";
import { HOST, type Profile } from "../../run/fuzz/profile.ts";
import { LARGE_PROFILES, largeProfilesOf } from "../../run/fuzz/profile_large.ts";
import { type Found, type SearchOptions, search, type Totals } from "../../run/fuzz/search.ts";
import { paintFor } from "../colour.ts";
import { type Arguments, type Command, FAILED, HELD, UsageError, wholeNumber } from "../command.ts";
import type { Io } from "../io.ts";
import { progressOn } from "../progress.ts";
import { writeText } from "../sources.ts";
import { chosenModels } from "../trace.ts";
import { type Bench, modelBench, realBench } from "./fuzz_bench.ts";
import { hostModel } from "./host_model.ts";
import { openGuest, openHost } from "./machine.ts";
import { releasesOf } from "./releases.ts";

export const fuzzCommand: Command = {
  name: "fuzz",
  synopsis:
    "--kernel R[,R…]|all|host [--ops N] [--seed S] [--count C] [--profile P] [--only OP[,OP…]] [--out DIR] [--json]",
  summary: "Compare random traces with a real kernel, or with another model, and shrink what disagrees",
  details: [
    "Makes random traces, runs each in the simulator and on the real kernel (one boot for all of them), and shrinks each\n" +
      "trace on which the two disagree to the shortest that still does. It is written as a trace file that says both values.",
    "Traces are about base pages, or with --profile about huge pages (thp), folios of 64K (mthp, from 6.8 on) or hugetlb.",
    "The same seed makes the same traces on every machine. With --against M two models are compared and nothing is booted.",
  ],
  options: [
    {
      name: "kernel",
      short: "k",
      value: "R[,R…]|all|host",
      help: "the real kernels; `host` is the running one (root)",
    },
    { name: "against", value: "MODEL", help: "another model in the place of the real kernel" },
    { name: "ops", value: "N", help: "operations of a trace (default 20)" },
    { name: "seed", value: "S", help: "what chance begins with (default: another one each time, printed first)" },
    { name: "count", value: "C", help: "traces (default 100)" },
    { name: "first", value: "I", help: "the index of the first trace (default 0)" },
    { name: "profile", value: "P", help: "what traces are about: base (default), thp, mthp, hugetlb" },
    { name: "only", value: "OP[,OP…]", help: "use these operations alone" },
    { name: "out", value: "DIR", help: "where traces that disagree are written (default: the current folder)" },
    { name: "json", help: "print one JSON document instead, at the end" },
  ],
  positional: { least: 0, most: 0 },
  run: fuzz,
};

const MOST_SEED = 2 ** 31;

interface Task {
  readonly kernel: string;
  readonly model: ModelName;
  readonly other: ModelName | undefined;
  readonly profile?: Profile;
  open(): Promise<Bench>;
}

async function fuzz(args: Arguments, io: Io): Promise<number> {
  const profile = profileOf(args.text("profile"));
  const tasks = tasksOf(args, io, profile);
  const seed = wholeNumber(args, "seed", 0) ?? randomInt(MOST_SEED);
  const wanted = {
    seed,
    first: wholeNumber(args, "first", 0) ?? 0,
    count: wholeNumber(args, "count", 1) ?? 100,
    ops: wholeNumber(args, "ops", 1) ?? 20,
    only: operationsOf(args.text("only")),
  };
  const json = args.on("json");
  for (const { model } of profile === undefined ? [] : tasks) refuseProfile(args.text("profile") ?? "", model);
  if (!json) io.out(`seed ${seed}\n`);
  const kernels: Fuzzed[] = [];
  for (const task of tasks)
    kernels.push(await fuzzOne(task, wanted, args, json ? { ...io, out: () => undefined } : io));
  const document = { ...wanted, profile: args.text("profile") ?? "base", kernels };
  if (json) io.out(`${JSON.stringify(document, undefined, 2)}\n`);
  return kernels.some(({ disagreements }) => disagreements > 0) ? FAILED : HELD;
}

function profileOf(name: string | undefined): Profile | undefined {
  if (name === undefined || name === "base") return undefined;
  const names = ["base", ...Object.keys(LARGE_PROFILES)];
  if (!names.includes(name)) throw new UsageError(`no profile '${name}'; there are ${names.join(", ")}`);
  return LARGE_PROFILES[name];
}

function refuseProfile(name: string, release: ModelName): void {
  const model = MODELS.get(release);
  if (model === undefined || largeProfilesOf(model).includes(name)) return;
  throw new UsageError(`${release} knows nothing of --profile ${name}; it has ${largeProfilesOf(model).join(", ")}`);
}

function tasksOf(args: Arguments, io: Io, profile: Profile | undefined): Task[] {
  const kernel = args.text("kernel");
  if (kernel === undefined) throw new UsageError("fuzz needs --kernel R[,R…]|all|host");
  const against = chosenModels(args.text("against"));
  if (against) {
    return (chosenModels(kernel) ?? []).flatMap((model) =>
      against
        .filter((other) => other !== model)
        .map((other) => ({ kernel: model, model, other, profile, open: async () => modelBench(model, other) })),
    );
  }
  const options = { env: io.env };
  if (kernel === "host") {
    const model = hostModel();
    if (profile) throw new UsageError("--profile is for kernels in a guest: on a host huge pages are everybody's");
    return [{ kernel, model, other: undefined, profile: HOST, open: () => realBench(model, () => openHost(options)) }];
  }
  return releasesOf(kernel.split(",")).map((release) => ({
    kernel: release,
    model: release,
    other: undefined,
    profile,
    open: () => realBench(release, () => openGuest(release, options)),
  }));
}

function operationsOf(text: string | undefined): string[] | undefined {
  const names = text?.split(",");
  for (const name of names ?? []) {
    if (OPS.has(name)) continue;
    const near = nearest(name, [...OPS.keys()]);
    throw new UsageError(`no operation '${name}'${near ? `; did you mean '${near}'?` : ""}`);
  }
  return names;
}

// What --json says of one kernel.
interface Fuzzed extends Totals {
  readonly kernel: string;
  readonly against: string;
  readonly found: readonly FuzzedTrace[];
}

// A trace on which the two disagree; without a file it is like an earlier one.
interface FuzzedTrace extends Pick<Found, "index" | "sameAs" | "difference"> {
  readonly file: string | undefined;
}

type Wanted = Pick<SearchOptions, "seed" | "first" | "count" | "ops" | "only">;

async function fuzzOne(task: Task, wanted: Wanted, args: Arguments, io: Io): Promise<Fuzzed> {
  const model = MODELS.get(task.model);
  const other = task.other && MODELS.get(task.other);
  if (model === undefined) throw new UsageError(`model ${task.model} is not simulated`);
  const progress = progressOn(io);
  progress.say(`${task.kernel}: booting`);
  const bench = await task.open();
  const { compare } = bench;
  const say = (text: string) => progress.say(`${task.kernel}: ${text}`);
  const began = io.now();
  const told: FuzzedTrace[] = [];
  try {
    const found = search({ ...wanted, model, profile: task.profile, alsoFor: other ? [other] : [], compare, say });
    for (;;) {
      const { value, done } = await found.next();
      progress.end();
      if (!done) {
        const { index, sameAs, difference } = value;
        told.push({ index, sameAs, difference, file: await tell(task, bench, wanted, args, value, io) });
        continue;
      }
      io.out(`${summary(task, bench, value, io.now() - began)}\n`);
      return { kernel: task.kernel, against: bench.who, ...value, found: told };
    }
  } finally {
    progress.end();
    await bench.close();
  }
}

// The file that was written.
async function tell(
  task: Task,
  { who }: Bench,
  wanted: Wanted,
  args: Arguments,
  found: Found,
  io: Io,
): Promise<string | undefined> {
  const { index, difference, text, sameAs } = found;
  const { observable, operation } = difference;
  const simulated = `mmtrace as ${task.model}`;
  const what = observable.subject === "" ? observable.name : `${observable.name} of ${observable.subject}`;
  const paint = paintFor(io);
  const values = `${observable.simulated} in ${simulated}, ${observable.real} in ${who}`;
  const said = `${task.kernel}: trace ${index}: ${paint.bad(what)} after ${operation}: ${values}`;
  if (sameAs !== undefined) {
    io.out(`${said}; as trace ${sameAs}\n`);
    return undefined;
  }
  const name = `fuzz-${task.kernel}${task.other ? `-${task.other}` : ""}-${wanted.seed}-${index}.mmtrace`;
  const path = join(args.text("out") ?? ".", name);
  await writeText(path, headerOf(difference, { simulated, real: who }, commandOf(task, wanted, index)) + text, io);
  io.out(`${said}: ${path}\n`);
  return path;
}

function commandOf({ kernel, other, profile }: Task, { seed, ops, only }: Wanted, index: number): string {
  const against = other ? ` --against ${other}` : "";
  const name = Object.keys(LARGE_PROFILES).find((key) => LARGE_PROFILES[key] === profile);
  const words = `${name ? ` --profile ${name}` : ""}${only ? ` --only ${only.join(",")}` : ""}`;
  return `mmtrace fuzz --kernel ${kernel}${against} --seed ${seed} --ops ${ops}${words} --first ${index} --count 1`;
}

function summary({ kernel }: Task, { who }: Bench, totals: Totals, ms: number): string {
  const { traces, operations, compared, disagreements, cut, reason } = totals;
  const counts = `${traces} traces, ${operations} operations, ${compared} observables compared, ${disagreements} disagreements`;
  const rest = cut === 0 ? "" : `; ${cut} traces not run to their end (${reason})`;
  return `${kernel} against ${who}: ${counts}${rest} (${Math.round(traces / (ms / 60_000))} traces a minute)`;
}
