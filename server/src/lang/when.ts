// WHEN: under which models a check counts. LANGUAGE.md, section 2.
//
// Several conditions are joined by commas, and one that holds is enough. A bare release is a model; comparisons and
// ranges take any release number and never match a proposal, which must be named.

import { compareReleases, MODEL_NAMES, type ModelName, RELEASES, releaseOf } from "../mm/releases.ts";
import { listed, nearest } from "./nearest.ts";
import type { LineProblem } from "./problem.ts";
import type { Span } from "./text.ts";

export type Condition =
  | { readonly kind: "model"; readonly name: ModelName }
  | { readonly kind: "compare"; readonly operator: "<" | "<=" | ">" | ">="; readonly release: string }
  | { readonly kind: "range"; readonly from: string; readonly to: string };

export interface When extends Span {
  // As written, with the `@`.
  readonly text: string;
  readonly conditions: readonly Condition[];
}

const RELEASE = /^\d{1,9}(\.\d{1,9})*$/;
const COMPARISON = /^(<=|>=|<|>)(.*)$/;

export function matches(when: When, model: string): boolean {
  const release = releaseOf(model as ModelName);
  return when.conditions.some((condition) =>
    condition.kind === "model" ? condition.name === model : release !== undefined && holds(condition, release),
  );
}

function holds(condition: Exclude<Condition, { kind: "model" }>, release: string): boolean {
  if (condition.kind === "range") {
    return compareReleases(release, condition.from) >= 0 && compareReleases(release, condition.to) <= 0;
  }
  const apart = compareReleases(release, condition.release);
  switch (condition.operator) {
    case "<":
      return apart < 0;
    case "<=":
      return apart <= 0;
    case ">":
      return apart > 0;
    case ">=":
      return apart >= 0;
  }
}

// Reads `@5.7`, `@>=5.9,refpage-v2`, `@5.19..6.9`. What cannot be read is left out; what is wrong goes to
// `problems`.
export function parseWhen(written: Span & { readonly text: string }, problems: LineProblem[]): When {
  const conditions: Condition[] = [];
  let start = written.start + 1;
  for (const part of written.text.slice(1).split(",")) {
    const span = { start, end: start + part.length };
    const condition = parseCondition(part, span, problems);
    if ("code" in condition) problems.push(condition);
    else conditions.push(condition);
    start = span.end + 1;
  }
  return { text: written.text, conditions, start: written.start, end: written.end };
}

function parseCondition(text: string, span: Span, problems: LineProblem[]): Condition | LineProblem {
  const comparison = COMPARISON.exec(text);
  if (comparison) {
    const [, operator, release] = comparison;
    if (!RELEASE.test(release)) return unreadable(text, span);
    return { kind: "compare", operator: operator as "<", release };
  }
  const dots = text.indexOf("..");
  if (dots >= 0) {
    const from = text.slice(0, dots);
    const to = text.slice(dots + 2);
    if (!RELEASE.test(from) || !RELEASE.test(to)) return unreadable(text, span);
    if (compareReleases(from, to) > 0) problems.push(emptyRange(from, to, span));
    return { kind: "range", from, to };
  }
  const problem = modelProblem(text, span);
  return problem ?? { kind: "model", name: text as ModelName };
}

function emptyRange(from: string, to: string, span: Span): LineProblem {
  const turned = `${to}..${from}`;
  return {
    ...span,
    code: "empty-range",
    severity: "warning",
    message: `no release is from ${from} to ${to}, so the check never counts; did you mean \`${turned}\`?`,
    fixes: [{ ...span, title: `Change to \`${turned}\``, text: turned }],
  };
}

function unreadable(text: string, span: Span): LineProblem {
  const message =
    text === ""
      ? "a condition is missing: `@6.1`"
      : `\`${text}\` is no condition; it is \`6.1\`, \`>=5.19\`, \`5.19..6.9\` or a model's name`;
  return { ...span, code: "bad-when", severity: "error", message };
}

// Why `text` names no model, or undefined when it does.
export function modelProblem(text: string, span: Span): LineProblem | undefined {
  if (MODEL_NAMES.some((name) => name === text)) return undefined;
  if (text === "") return unreadable(text, span);
  const known = RELEASE.test(text) ? neighbours(text) : oneOf(nearest(text, MODEL_NAMES));
  return {
    ...span,
    code: "unknown-model",
    severity: "error",
    message: RELEASE.test(text)
      ? `${text} is not one of the releases; its neighbours are ${listed(known)}`
      : `there is no model \`${text}\`${known.length > 0 ? `; did you mean ${listed(known)}?` : ""}`,
    fixes: known.map((name) => ({ ...span, title: `Change to \`${name}\``, text: name })),
  };
}

// The listed releases just below and just above.
function neighbours(release: string): string[] {
  const below = RELEASES.filter((known) => compareReleases(known, release) < 0);
  const above = RELEASES.filter((known) => compareReleases(known, release) > 0);
  return [...below.slice(-1), ...above.slice(0, 1)];
}

function oneOf(name: string | undefined): string[] {
  return name === undefined ? [] : [name];
}
