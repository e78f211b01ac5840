// `mmtrace kernels`: the models of the language, which of them are simulated, and in what releases differ.

import { DEFAULT_MODEL, MODELS } from "../mm/models.ts";
import { MODEL_NAMES, type ModelName, PROPOSALS } from "../mm/releases.ts";
import { paintFor } from "./colour.ts";
import { type Command, HELD, UsageError } from "./command.ts";
import { diffJson, diffLines, diffOf } from "./kernels_diff.ts";

export const kernelsCommand: Command = {
  name: "kernels",
  synopsis: "[--diff A B] [--json]",
  summary: "List the kernel models, or tell what changed between two releases",
  details: [
    "A trace names the models that it runs under on its `kernel` line; --kernel chooses others.",
    "--diff tells each change between two releases with the release that brought it, its commits, and the rules of the\n" +
      "models that answer otherwise since (server/MODELS.md).",
  ],
  options: [
    { name: "diff", value: "A B", help: "what changed from release A to release B" },
    { name: "json", help: "print JSON" },
  ],
  positional: { least: 0, most: 1 },
  async run(args, io) {
    const from = args.text("diff");
    if (from !== undefined) {
      const diff = diffOf(from, args.positional[0]);
      if (args.on("json")) io.out(`${JSON.stringify(diffJson(diff), undefined, 2)}\n`);
      else for (const line of diffLines(diff, paintFor(io))) io.out(`${line}\n`);
      return HELD;
    }
    if (args.positional.length > 0) throw new UsageError(`unexpected argument '${args.positional[0]}'`);
    const rows = MODEL_NAMES.map(row);
    if (args.on("json")) {
      io.out(`${JSON.stringify(rows, undefined, 2)}\n`);
      return HELD;
    }
    const paint = paintFor(io);
    const width = Math.max(...rows.map(({ name }) => name.length));
    for (const { name, simulated, base, idea } of rows) {
      const state = simulated ? (name === DEFAULT_MODEL ? "simulated, the default" : "simulated") : "not simulated yet";
      const about = base === undefined ? "" : `  on ${base}: ${idea}`;
      const line = `${name.padEnd(width)}  ${state}${about}`;
      io.out(`${simulated ? line : paint.dim(line)}\n`);
    }
    return HELD;
  },
};

interface Row {
  readonly name: ModelName;
  readonly simulated: boolean;
  // Of a proposal: the release that it changes, and what it is about.
  readonly base: string | undefined;
  readonly idea: string | undefined;
}

function row(name: ModelName): Row {
  const proposal = name in PROPOSALS ? PROPOSALS[name as keyof typeof PROPOSALS] : undefined;
  return { name, simulated: MODELS.has(name), base: proposal?.base, idea: proposal?.idea };
}
