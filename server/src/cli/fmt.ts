// `mmtrace fmt`: traces in the one form.

import { formatText } from "../lang/format.ts";
import { type Command, FAILED, HELD } from "./command.ts";
import { readSource, traceFiles } from "./sources.ts";

export const fmtCommand: Command = {
  name: "fmt",
  synopsis: "[--check] PATH…",
  summary: "Format traces in place",
  details: [
    "A PATH that is a folder means every *.mmtrace below it; `-` formats standard input to standard output.",
    "--check changes nothing, names the files that are not formatted, and exits with 1 when there are any.",
  ],
  options: [{ name: "check", help: "only say which files are not formatted" }],
  positional: { least: 1, most: Number.POSITIVE_INFINITY },
  async run(args, io) {
    let different = false;
    for (const path of await traceFiles(args.positional, io)) {
      const { file, text } = await readSource(path, io);
      const formatted = formatText(text);
      if (path === "-" && !args.on("check")) {
        io.out(formatted);
      } else if (formatted !== text) {
        different = true;
        io.out(`${file}\n`);
        if (!args.on("check")) await io.write(path, formatted);
      }
    }
    return different && args.on("check") ? FAILED : HELD;
  },
};
