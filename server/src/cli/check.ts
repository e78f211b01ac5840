// `mmtrace check`: what is wrong with the text of traces, without running them.

import { modelsOf } from "../lang/models.ts";
import { type Command, HELD, WRONG_INPUT } from "./command.ts";
import { readSource, traceFiles } from "./sources.ts";
import { hasErrors, problemLine, problemsOf, traceOf } from "./trace.ts";

export const checkCommand: Command = {
  name: "check",
  synopsis: "PATH…",
  summary: "Print the problems of traces without running them",
  details: [
    "Checks each file for each of its models. Problems go to standard output as FILE:LINE:COLUMN: error: MESSAGE [code].",
    "A PATH that is a folder means every *.mmtrace below it; `-` is standard input. The exit status is 2 when there are errors.",
  ],
  options: [],
  positional: { least: 1, most: Number.POSITIVE_INFINITY },
  async run(args, io) {
    let wrong = false;
    for (const path of await traceFiles(args.positional, io)) {
      const trace = traceOf(await readSource(path, io));
      const problems = problemsOf(trace.program, modelsOf(trace.program));
      for (const problem of problems) io.out(`${problemLine(trace.file, problem)}\n`);
      wrong ||= hasErrors(problems);
      await io.drained();
    }
    return wrong ? WRONG_INPUT : HELD;
  },
};
