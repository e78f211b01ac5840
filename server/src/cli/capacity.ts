// `mmtrace capacity`: how many rounds of each repeat the machine can take, and what ends first.

import { type Capacity, capacities } from "../run/capacity/capacity.ts";
import type { End, Growth, Otherwise } from "../run/capacity/grown.ts";
import { type Paint, paintFor } from "./colour.ts";
import { type Arguments, AT_LIMIT, type Command, FAILED, HELD, WRONG_INPUT } from "./command.ts";
import type { Io } from "./io.ts";
import { LIMIT_OPTIONS, limitsOf } from "./limits.ts";
import { progressOn } from "./progress.ts";
import { chosenModels, opened, type Trace, writtenText } from "./trace.ts";

export const capacityCommand: Command = {
  name: "capacity",
  synopsis: "FILE [--kernel M[,M…]|all] [--json] [--limit-events N]",
  summary: "Say after how many rounds of each repeat which counter overflows, and what ends before",
  details: [
    "Runs the body of each repeat, whatever its count, until rounds do the same as those before them (6 at least, or two turns of\n" +
      "rounds that differ by turns), and carries on what they add to where it ends: counters of 32 bits, with the bits of the\n" +
      "trace's own machine beside them, max_map_count, memory, swap, process ids.",
    "An end is checked by a jump: counters are set to what they are to be just before it, and the body runs from there. If it does\n" +
      "something else, the first round in which it does is told. Exit status 0: the growth of every repeat that runs is steady; 1: that\n" +
      "of one is not, or a line in it fails; 3: a limit was reached before.",
    "FILE `-` is standard input.",
  ],
  options: [
    { name: "kernel", short: "k", value: "M[,M…]|all", help: "the models to run under (default: the trace's first)" },
    { name: "json", help: "print one JSON document instead" },
    ...LIMIT_OPTIONS,
  ],
  positional: { least: 1, most: 1 },
  run: printCapacity,
};

const STATUS = { steady: HELD, "not run": HELD, "not steady": FAILED, limited: AT_LIMIT } as const;

async function printCapacity(args: Arguments, io: Io): Promise<number> {
  const limits = limitsOf(args);
  const source = await opened(args.positional[0], chosenModels(args.text("kernel")), io);
  if (!source) return WRONG_INPUT;
  const { trace, models } = source;

  const progress = progressOn(io);
  const documents: object[] = [];
  let status = HELD;
  for (const model of models) {
    const found: Capacity[] = [];
    for (const capacity of capacities(trace.program, { model, limits, clock: io.now })) {
      progress.say(`${trace.file} under ${model}: the repeat of line ${capacity.line + 1}`);
      status = Math.max(status, STATUS[capacity.came]);
      found.push(capacity);
    }
    progress.end();
    if (args.on("json")) documents.push({ file: trace.file, model, repeats: found.map((one) => json(trace, one)) });
    else for (const line of textLines(trace, model, found, paintFor(io))) io.out(`${line}\n`);
    await io.drained();
  }
  if (args.on("json")) io.out(`${JSON.stringify(documents, undefined, 2)}\n`);
  return status;
}

function* textLines(trace: Trace, model: string, found: readonly Capacity[], paint: Paint): Generator<string> {
  yield paint.strong(`# ${trace.file} under ${model}`);
  if (found.length === 0) yield "no repeat: nothing grows from round to round";
  for (const capacity of found) {
    yield "";
    yield paint.strong(
      `line ${capacity.line + 1}: ${writtenText(trace, trace.program.statements[capacity.statement])}`,
    );
    yield* capacityLines(capacity, paint);
    const repeat = trace.program.statements[capacity.statement];
    if (capacity.growth.length > 0 && repeat.kind === "repeat" && repeat.name !== undefined) {
      const { name } = trace.program.symbols[repeat.name];
      yield `  not looked at: where \`${name}\` leads out of a mapping, and page tables that come once in many rounds`;
    }
  }
}

function* capacityLines(capacity: Capacity, paint: Paint): Generator<string> {
  const { steady, growth, ends, change } = capacity;
  if (steady === undefined) {
    const came = capacity.came === "limited" ? `stopped after ${english(capacity.rounds)} rounds` : capacity.came;
    yield `  ${capacity.came === "not run" ? came : paint.bad(came)}: ${capacity.why}`;
    return;
  }
  const turns = steady.period === 1 ? "the round before it" : `the one ${steady.period} rounds before it`;
  yield `  steady: each of the rounds ${steady.from + 1} to ${steady.to} did what ${turns} did`;
  if (growth.length === 0) {
    yield "  nothing grows";
    return;
  }
  yield steady.period === 1 ? "  a round adds" : `  ${steady.period} rounds add`;
  for (const one of growth) yield `    ${growthText(one)}`;
  if (ends.length === 0) yield "  no end";
  else yield "  ends, the first of them first";
  for (const end of ends) {
    yield `    ${endText(end, paint)}`;
    if (end.after) yield `      then ${otherwiseText(end.after)}`;
    else if (end.proof === "jump") yield "      then everything goes on as before: nothing notices";
  }
  if (change) yield `  the growth goes on only up to there: ${otherwiseText(change)}`;
}

function growthText({ what, of, alike, by, now }: Growth): string {
  const sign = by < 0 ? "-" : "+";
  return `${subject({ what, of, alike })} ${sign} ${english(Math.abs(by))} (${english(now)} now)`;
}

function subject({ what, of, alike }: Pick<Growth, "what" | "of" | "alike">): string {
  return alike === 1 ? `${of}: ${what}` : `${of} and ${alike - 1} more like it: ${what}`;
}

const PROOFS = {
  jump: "checked by a jump",
  arithmetic: "by the sum alone",
  about: "about: what comes or goes now and then is not in the sum",
  change: "if the growth went on so",
} as const;

function endText(end: End, paint: Paint): string {
  const { round, most, beyond, proof, own } = end;
  const what =
    end.kind === "resource"
      ? `no more ${end.of}: ${english(most)} ${end.what}`
      : `${subject(end)} passes ${english(most)} and ${beyond === "ENOMEM" ? "gives ENOMEM" : beyond}`;
  const narrow = own ? `; with ${own.bits} bits, as here, round ${english(own.round)}` : "";
  return `${paint.strong(`round ${english(round)}`)}  ${what}${narrow} ${paint.dim(`(${PROOFS[proof]})`)}`;
}

function otherwiseText({ round, line, text }: Otherwise): string {
  return `in round ${english(round)} line ${line + 1} ${text}`;
}

function english(number: number): string {
  return number.toLocaleString("en-US");
}

function json(trace: Trace, capacity: Capacity): object {
  const { statement, line, rounds, steady, came, why, growth, ends, change } = capacity;
  return {
    line: line + 1,
    text: writtenText(trace, trace.program.statements[statement]),
    came,
    why: why ?? null,
    rounds,
    steady: steady ? { period: steady.period, from: steady.from + 1, to: steady.to } : null,
    growth,
    ends: ends.map((end) => ({ ...end, own: end.own ?? null, after: told(end.after) })),
    change: told(change),
  };
}

function told(otherwise: Otherwise | undefined): object | null {
  return otherwise ? { ...otherwise, line: otherwise.line + 1 } : null;
}
