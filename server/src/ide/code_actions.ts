// What can be done about a place: mend a problem, accept what the run came to, write down an outcome.

import type { Fix } from "../lang/problem.ts";
import type { Analysis } from "./analysis.ts";
import type { Diagnostic } from "./diagnostics.ts";
import { diagnostics } from "./diagnostics.ts";
import type { Replacement } from "./formatting.ts";
import { splitExpect } from "./split_expect.ts";
import { statementAtOrBelow, stepsOf } from "./steps_of.ts";

export interface Action {
  readonly title: string;
  readonly kind: "quickfix" | "refactor" | "source";
  readonly edits: readonly Replacement[];
  readonly preferred: boolean;
  // The problem that it mends.
  readonly mends: Diagnostic | undefined;
}

// Problems whose fix writes down what really happened.
const ACCEPTED: ReadonlySet<string> = new Set([
  "expect-failed",
  "outcome-mismatch",
  "unexpected-signal",
  "unexpected-errno",
]);

// For the lines [from, to].
export function codeActions(analysis: Analysis, from: number, to: number): Action[] {
  const all = diagnostics(analysis);
  const here = all.filter(({ range }) => range.line >= from && range.line <= to);
  const actions: Action[] = here.flatMap((problem) => (problem.fixes ?? []).map((fix) => mending(problem, fix)));
  const acceptable = all.filter((problem) => ACCEPTED.has(problem.code) && problem.fixes?.[0]);
  if (acceptable.length > 1 && acceptable.some((problem) => here.includes(problem))) {
    actions.push({
      title: `Accept all ${acceptable.length} actual values`,
      kind: "quickfix",
      edits: withoutOverlaps(acceptable.flatMap((problem) => problem.fixes?.[0].edits ?? [])),
      preferred: false,
      mends: undefined,
    });
  }
  for (const problem of here) {
    const split = problem.code === "expect-failed" ? splitExpect(analysis, problem.range.line) : undefined;
    if (!split) continue;
    const title = "Expect each model's own value";
    actions.push({ title, kind: "quickfix", edits: [split], preferred: false, mends: problem });
  }
  actions.push(...outcomes(analysis, from, to));
  return actions;
}

// What "Fix all" of an editor does: every problem's preferred fix.
export function fixAll(analysis: Analysis): Replacement[] {
  const fixes = diagnostics(analysis).flatMap(
    ({ fixes }) => fixes?.filter(({ preferred }) => preferred).slice(0, 1) ?? [],
  );
  return withoutOverlaps(fixes.flatMap(({ edits }) => edits));
}

function mending(mends: Diagnostic, fix: Fix): Action {
  return { title: fix.title, kind: "quickfix", edits: fix.edits, preferred: fix.preferred === true, mends };
}

// `-> minor anon` behind operations without one, as they came out under the first model in every round.
function outcomes(analysis: Analysis, from: number, to: number): Action[] {
  const recording = analysis.recording();
  if (!recording) return [];
  const { program } = recording;
  const edits: Replacement[] = [];
  const lines = stepsOf(recording, statementAtOrBelow(program, from), statementAtOrBelow(program, to + 1));
  for (const [index, { first, last }] of lines) {
    const statement = program.statements[index];
    if (statement.kind !== "operation" || statement.expected) continue;
    const { words, signal } = recording.steps.outcome(last);
    const same = recording.steps.outcome(first).words.join(" ") === words.join(" ");
    if (words.length === 0 || signal !== undefined || !same) continue;
    const { line, end } = statement;
    edits.push({ range: { line, start: end, end }, text: ` -> ${words.join(" ")}` });
  }
  if (edits.length === 0) return [];
  const title =
    edits.length === 1 ? `Add \`${edits[0].text.trim()}\`` : `Add \`->\` with the outcome to ${edits.length} lines`;
  return [{ title, kind: "refactor", edits, preferred: false, mends: undefined }];
}

// Of edits that overlap, the first one.
function withoutOverlaps(edits: readonly Replacement[]): Replacement[] {
  const sorted = [...edits].sort((a, b) => a.range.line - b.range.line || a.range.start - b.range.start);
  return sorted.filter(({ range }, i) => {
    const before = sorted[i - 1]?.range;
    return (
      !before ||
      before.line < range.line ||
      (before.end <= range.start && !(before.start === range.start && before.end === range.end))
    );
  });
}
