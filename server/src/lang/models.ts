// Which models a trace may name, and what is wrong with one that it names. LANGUAGE.md, section 6.

import { DEFAULT_MODEL, MODELS } from "../mm/models.ts";
import { type ModelName, PROPOSALS, type ProposalName, releaseOf } from "../mm/releases.ts";
import type { LineProblem } from "./problem.ts";
import type { NameNode } from "./tree.ts";

export const SIMULATED: readonly ModelName[] = [...MODELS.keys()];

// A trace runs once under each of its models.
export function namedTwice(name: NameNode): LineProblem {
  const { start, end, text } = name;
  const message = `\`${text}\` is named before; a trace runs once under each model`;
  return { start, end, code: "repeated-model", severity: "warning", message };
}

// The models that a trace runs under, the first one first: those of its `kernel` line that are simulated, or the default.
export function modelsOf(program: { readonly kernels: readonly { readonly model: string }[] }): ModelName[] {
  if (program.kernels.length === 0) return [DEFAULT_MODEL];
  const named = program.kernels.map((kernel) => kernel.model as ModelName);
  return [...new Set(named.filter((model) => MODELS.has(model)))];
}

// What a model is, in one line of Markdown.
export function modelDoc(name: ModelName): string {
  if (releaseOf(name) !== undefined) return `Linux ${name}`;
  const { base, idea } = PROPOSALS[name as ProposalName];
  return `Proposal, never merged, on ${base}: ${idea}`;
}
