// `mmtrace export c`: a trace as a C program in the manner of the kernel's selftests.

import { basename } from "node:path";
import { exportC } from "../run/export_c/export.ts";
import { start } from "../run/run.ts";
import { type Command, HELD, UsageError, WRONG_INPUT } from "./command.ts";
import { LIMIT_OPTIONS, limitsOf } from "./limits.ts";
import { writeText } from "./sources.ts";
import { chosenModels, opened, problemLine } from "./trace.ts";

export const exportCommand: Command = {
  name: "export",
  synopsis: "c TRACE [-o OUT] [--kernel M]",
  summary: "Write a trace as a C program, in the manner of the kernel's selftests",
  details: [
    "The program prints TAP, with one test for each check and each outcome that user space can observe, and needs nothing but libc.",
    "Checks with a condition are those of the model: of --kernel, or the first that the trace names.",
    "It goes to OUT or to standard output; checks that user space cannot make are told on standard error and stand in comments.",
  ],
  options: [
    { name: "output", short: "o", value: "OUT", help: "write the program to this file" },
    { name: "kernel", short: "k", value: "M", help: "the model whose rules it tests" },
    ...LIMIT_OPTIONS,
  ],
  positional: { least: 2, most: 2 },
  async run(args, io) {
    const [format, path] = args.positional;
    if (format !== "c") throw new UsageError(`no exporter for '${format}'; there is 'c'`);
    const models = chosenModels(args.text("kernel"));
    if (models && models.length !== 1) throw new UsageError("a program is written for one model");
    const found = await opened(path, models, io);
    if (!found) return WRONG_INPUT;
    const { trace } = found;
    const [model] = found.models;

    const execution = start(trace.program, { model, limits: limitsOf(args), clock: io.now });
    execution.advance(Number.POSITIVE_INFINITY);
    const exported = exportC(basename(trace.file), trace.lines, execution.recording);
    for (const problem of exported.problems) io.err(`${problemLine(trace.file, problem)}\n`);
    if (exported.problems.length > 0) return WRONG_INPUT;
    const output = args.text("output");
    if (output === undefined) io.out(exported.text);
    else await writeText(output, exported.text, io);
    for (const { line, why } of exported.unseen) io.err(`${trace.file}:${line}: not tested: ${why}\n`);
    return HELD;
  },
};
