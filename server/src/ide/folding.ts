// What an editor can fold: repeats, sections, and comments of several lines.

import type { Analysis } from "./analysis.ts";
import { blocksOf } from "./blocks.ts";

export interface Fold {
  readonly from: number;
  readonly to: number;
  readonly kind: "comment" | "region";
}

export function folds(analysis: Analysis): Fold[] {
  return blocksOf(analysis).flatMap(({ kind, from, to }) => {
    // The line with `end` stays in sight.
    const last = kind === "repeat" ? to - 1 : to;
    return last > from ? [{ from, to: last, kind: kind === "comment" ? "comment" : "region" }] : [];
  });
}
