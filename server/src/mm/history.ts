// How a kernel came to be what it is: what each release changed of the one before it, with the commits that did. The
// records of the models (models.ts), the table of rules (MODELS.md) and `mmtrace kernels --diff` are all made of it.

import type { Model } from "./model.ts";
import type { ReleaseName } from "./releases.ts";

// Everything that a model answers.
export type Rules = Omit<Model, "name">;

export interface Change {
  // The mainline release that has it first: at most the one whose history names it, unless a stable kernel took it over.
  readonly since: string;
  // The commits that made it, abbreviated; none where they are not known.
  readonly commits: readonly string[];
  // What the kernel does from then on: whole sentences.
  readonly text: string;
  // The answers that are other ones now.
  readonly rules: Partial<Rules>;
}

export interface ReleaseHistory {
  readonly name: ReleaseName;
  // Since the release before it in RELEASES.
  readonly changes: readonly Change[];
}
