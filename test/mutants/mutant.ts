// What a mutant is: one rule, broken in one way.

import type { Model } from "../../server/src/mm/model.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";

export interface Mutant {
  // What is broken, in words.
  readonly rule: string;
  // Of mm-semantics.
  readonly section: string;
  readonly change: ModelChange | CodeChange;
}

// One release, or proposal, answers a question as another one does.
export interface ModelChange {
  readonly release: ModelName;
  readonly field: Exclude<keyof Model, "name">;
  readonly like: ModelName;
}

// A text of a file of server/src/mm, which must stand there once, becomes another.
export interface CodeChange {
  readonly file: string;
  readonly text: string;
  readonly becomes: string;
}

export function model(
  rule: string,
  section: string,
  release: ModelName,
  field: ModelChange["field"],
  like: ModelName,
): Mutant {
  return { rule, section, change: { release, field, like } };
}

export function code(rule: string, section: string, file: string, [text, becomes]: readonly [string, string]): Mutant {
  return { rule, section, change: { file, text, becomes } };
}
