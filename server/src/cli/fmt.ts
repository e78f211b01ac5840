// `mmtrace fmt`: traces in the one form.

import { formatText } from "../lang/format.ts";
import { type Command, FAILED, HELD, InputError } from "./command.ts";
import { readSource, traceFiles, writeText } from "./sources.ts";

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
      const { file, text, stray } = await readSource(path, io);
      // Written back, the bytes that could not be read would be gone.
      if (stray !== undefined) throw new InputError(`${file}:${stray + 1}: the text is not UTF-8, left as it is`);
      const formatted = formatText(text);
      if (path === "-" && !args.on("check")) {
        io.out(formatted);
      } else if (formatted !== text) {
        different = true;
        io.out(`${file}\n`);
        if (!args.on("check")) await writeText(path, formatted, io);
      }
    }
    return different && args.on("check") ? FAILED : HELD;
  },
};
