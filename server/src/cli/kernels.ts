// `mmtrace kernels`: the models of the language, and which of them are simulated.

import { DEFAULT_MODEL, MODELS } from "../mm/models.ts";
import { MODEL_NAMES, type ModelName, PROPOSALS } from "../mm/releases.ts";
import { paintFor } from "./colour.ts";
import { type Command, HELD } from "./command.ts";

export const kernelsCommand: Command = {
  name: "kernels",
  synopsis: "[--json]",
  summary: "List the kernel models",
  details: ["A trace names the models that it runs under on its `kernel` line; --kernel chooses others."],
  options: [{ name: "json", help: "print them as JSON" }],
  positional: { least: 0, most: 0 },
  async run(args, io) {
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
