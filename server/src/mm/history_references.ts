// What every release answers about how far a counter of references goes, and what it counts. No release has changed that.
// mm-semantics §8.6, §9.

import type { ReferenceRules } from "./model_references.ts";

export const FIRST_REFERENCES: ReferenceRules = {
  refcountFailsEarly: false,
  largeRefcountIsWide: false,
  insertPageCountsMapping: true,
};
