// What is wrong with a program under one model: what its kernel does not have, and what is not simulated yet.

import { DEFAULT_MACHINE } from "../mm/machine.ts";
import { MODELS } from "../mm/models.ts";
import { GUP_PIN_COUNTING_BIAS } from "../mm/page_ref.ts";
import type { ModelName } from "../mm/releases.ts";
import { hasField } from "./fields.ts";
import { idleSettings } from "./idle_settings.ts";
import { listed } from "./nearest.ts";
import { parseNumber } from "./number.ts";
import type { Problem } from "./problem.ts";
import type { Need, Program } from "./program.ts";
import { absent } from "./since.ts";
import { matches } from "./when.ts";
import type { Since } from "./words.ts";
import { asksUnder } from "./worth.ts";

// Bits of a signed counter that holds the 1024 references of a pin.
export const PIN_BITS = Math.log2(GUP_PIN_COUNTING_BIAS) + 2;

// In the order of the text; not of lines that no run under the model comes to. The program's own problems are not among them.
export function check(program: Program, model: string): Problem[] {
  const bits = refcountBits(program);
  const asked = asksUnder(program, model as ModelName);
  const needs = program.needs.filter(({ line }) => asked(line));
  return [
    ...idleSettings(program, model as ModelName),
    ...needs.flatMap((need) => checkNeed(need, model as ModelName) ?? checkPin(need, model as ModelName, bits) ?? []),
  ];
}

// The bits that the last `machine` line gives a refcount.
function refcountBits(program: Program): number {
  const written = program.machine.filter(({ key }) => key === "refcount_bits").map(({ value }) => parseNumber(value));
  const last = written.at(-1);
  return typeof last === "bigint" ? Number(last) : DEFAULT_MACHINE.refcount_bits;
}

// A small folio counts a pin as 1024 references: the counter has to reach so far.
function checkPin(need: Need, name: ModelName, bits: number): Problem | undefined {
  const { what } = need;
  const model = MODELS.get(name);
  if (!("op" in what) || "word" in what || bits >= PIN_BITS || !model || !what.op.pins?.(model)) return undefined;
  const message = `\`${what.op.name}\` adds ${GUP_PIN_COUNTING_BIAS} to a refcount under ${name}, which needs refcount_bits=${PIN_BITS} or more`;
  return problem(need, "pin-overflows", message);
}

// The same under each of several models, each problem once.
export function checkAll(program: Program, models: readonly string[]): Problem[] {
  const found = new Map<string, Problem>();
  for (const model of models) {
    for (const problem of check(program, model)) {
      const { line, start } = problem.range;
      const key = `${line}:${start}:${problem.code}`;
      if (!found.has(key)) found.set(key, problem);
    }
  }
  return [...found.values()];
}

function checkNeed(need: Need, model: ModelName): Problem | undefined {
  const { what } = need;
  if ("field" in what) return checkField(need, what.field, model);
  const spec = "word" in what ? what.word : what.op;
  const shown = "word" in what ? `${what.op.name}(…, ${what.word.name})` : what.op.name;
  if (absent(model, spec)) {
    const errno = spec.errno;
    if (errno !== undefined && need.expected?.errno === errno) return undefined;
    const instead = errno === undefined ? "" : `; this kernel would give ${errno}`;
    const fixes = errno === undefined || need.expected ? undefined : [expectFix(need, errno)];
    return problem(need, "not-in-release", `${model} has no \`${shown}\`${sinceText(spec)}${instead}`, fixes);
  }
  if (spec.simulated) return undefined;
  return problem(need, "not-simulated", `\`${shown}\` is not simulated yet`);
}

function expectFix(need: Need, errno: string): NonNullable<Problem["fixes"]>[number] {
  const at = { line: need.line, start: need.after, end: need.after };
  return { title: `Expect ${errno}`, edits: [{ range: at, text: ` -> ${errno}` }] };
}

function sinceText({ since, only }: Since): string {
  if (only !== undefined) return ` (only ${listed(only)})`;
  return since === undefined ? "" : ` (since ${since})`;
}

function checkField(
  need: Need,
  field: Extract<Need["what"], { field: unknown }>["field"],
  model: ModelName,
): Problem | undefined {
  // A check that counts under other models only asks for nothing here.
  if (need.when && !matches(need.when, model)) return undefined;
  if (!field.simulated) return problem(need, "not-simulated", `\`${field.name}\` is not simulated yet`);
  if (hasField(model, field)) return undefined;
  const when = field.until === undefined ? `since ${field.since}` : `gone since ${field.until}`;
  const message = `${model} has no \`${field.name}\` (${when}): it is none there, so the check cannot hold`;
  return { ...problem(need, "field-not-in-release", message), severity: "warning" };
}

function problem(need: Need, code: Problem["code"], message: string, fixes?: Problem["fixes"]): Problem {
  const { line, start, end } = need;
  return { range: { line, start, end }, code, severity: "error", message, ...(fixes && { fixes }) };
}
