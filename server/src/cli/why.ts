// `mmtrace why`: the chain of events and decisions that made a value.

import { isFault } from "../lang/program.ts";
import { show } from "../run/show.ts";
import { type Chain, type Link, why } from "../run/why.ts";
import { type Paint, paintFor } from "./colour.ts";
import { type Command, HELD, InputError } from "./command.ts";
import { type Asked, askedOf, PLACE_OPTIONS } from "./place.ts";
import { writtenText } from "./trace.ts";

export const whyCommand: Command = {
  name: "why",
  synopsis: "FILE:LINE EXPR [--kernel M]",
  summary: "Print the events and decisions that made a value what it is where a line has run",
  details: [
    "Each event stands below the trace's line and the kernel functions that it happened in; `?` is a question that the\n" +
      "kernel asked on the way, with its answer and the number that it looked at.",
  ],
  options: PLACE_OPTIONS,
  positional: { least: 2, most: 2 },
  async run(args, io) {
    const asked = await askedOf(args, io);
    const found = why(asked.recording, asked.position, asked.expr);
    if (isFault(found)) throw new InputError(found.message);
    const paint = paintFor(io);
    io.out(`${paint.strong(`${args.positional[1]} is ${show(found.value, asked.recording.kernel)}`)}\n`);
    if (found.chains.length === 0)
      io.out("nothing in the world makes it: it is written so, or there is nothing there\n");
    for (const chain of found.chains) {
      io.out(`\n${chain.source.name}\n`);
      for (const line of chainLines(asked, chain, paint)) io.out(`${line}\n`);
    }
    return HELD;
  },
};

function* chainLines(asked: Asked, chain: Chain, paint: Paint): Generator<string> {
  if (chain.links.length === 0) yield "  never written: it is as it was at boot";
  if (chain.older) yield "  … (older changes)";
  let before: number | undefined = -1;
  for (const link of chain.links) {
    if (link.step !== before) yield `  ${stepLine(asked, link)}`;
    before = link.step;
    if (link.stack.length > 0) yield paint.dim(`    ${link.stack.join(" › ")}`);
    for (const decision of link.decisions) yield `      ${decision.text}`;
    yield `      ${link.text}`;
  }
}

function stepLine({ trace, recording }: Asked, link: Link): string {
  if (link.step === undefined) return "the machine's boot";
  const { steps } = recording;
  const statement = trace.program.statements[steps.statement(link.step)];
  const outcome = steps.outcome(link.step).words.join(" ");
  return `line ${statement.line + 1}: ${writtenText(trace, statement)}${outcome === "" ? "" : ` → ${outcome}`}`;
}
