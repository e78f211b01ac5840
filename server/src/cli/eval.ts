// `mmtrace eval`: the value of an expression after a line.

import { evaluate } from "../lang/evaluate.ts";
import { isFault } from "../lang/program.ts";
import { show } from "../run/show.ts";
import { type Command, HELD, InputError } from "./command.ts";
import { askedOf, PLACE_OPTIONS } from "./place.ts";

export const evalCommand: Command = {
  name: "eval",
  synopsis: "FILE:LINE EXPR [--kernel M]",
  summary: "Print an expression's value where a line has run",
  details: [
    "The trace runs to the line and through it, in a repeat through its last round: mmtrace eval cow.mmtrace:7 'page(p).refcount'",
  ],
  options: PLACE_OPTIONS,
  positional: { least: 2, most: 2 },
  async run(args, io) {
    const { recording, steps, position, expr } = await askedOf(args, io);
    recording.kernel.seek(position);
    const value = evaluate(expr, recording.environment(steps));
    if (isFault(value)) throw new InputError(value.message);
    io.out(`${show(value, recording.kernel)}\n`);
    return HELD;
  },
};
