// WHEN: under which models a check counts. LANGUAGE.md, section 2.

import type { Span } from "./text.ts";

// One of the conditions that commas join.
export type Condition =
  | { readonly kind: "release"; readonly release: string }
  | { readonly kind: "model"; readonly name: string }
  | { readonly kind: "compare"; readonly operator: "<" | "<=" | ">" | ">="; readonly release: string }
  | { readonly kind: "range"; readonly from: string; readonly to: string };

export interface When extends Span {
  readonly text: string;
  readonly conditions: readonly Condition[];
}
