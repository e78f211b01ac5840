// What is wrong with a program under one model: what its kernel does not have, and what is not simulated yet.

import type { ModelName } from "../mm/releases.ts";
import { hasField } from "./fields.ts";
import { listed } from "./nearest.ts";
import type { Problem } from "./problem.ts";
import type { Need, Program } from "./program.ts";
import { absent } from "./since.ts";
import { matches } from "./when.ts";
import type { Since } from "./words.ts";

// In the order of the text. The program's own problems are not among them.
export function check(program: Program, model: string): Problem[] {
  return program.needs.flatMap((need) => checkNeed(need, model as ModelName) ?? []);
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
  // The kernel's refusals are known even where the rest is not simulated.
  if ("word" in what && what.op.refuses && need.expected?.errno !== undefined) return undefined;
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
  const when = field.until === undefined ? `since ${field.since}` : `until ${field.until}`;
  const message = `${model} has no \`${field.name}\` (${when}): it is none there, so the check cannot hold`;
  return { ...problem(need, "field-not-in-release", message), severity: "warning" };
}

function problem(need: Need, code: Problem["code"], message: string, fixes?: Problem["fixes"]): Problem {
  const { line, start, end } = need;
  return { range: { line, start, end }, code, severity: "error", message, ...(fixes && { fixes }) };
}
