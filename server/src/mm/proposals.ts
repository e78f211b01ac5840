// What was proposed on the mailing lists and never merged: each a release with some answers of its own. mm-semantics §8, §9;
// LANGUAGE.md, section 6.

import type { Rules } from "./history.ts";
import type { ProposalName } from "./releases.ts";

export interface Proposed {
  // What the kernel would do: whole sentences.
  readonly text: string;
  // Where that comes from: a section of mm-semantics.md.
  readonly source: string;
  // The answers that differ from the base release's.
  readonly rules: Partial<Rules>;
}

// Those that are simulated. The base release of each stands in PROPOSALS, releases.ts.
export const PROPOSED: Readonly<Partial<Record<ProposalName, readonly Proposed[]>>> = {
  "refcount-fail-early": [
    {
      text: "fork, faults, GUP and vm_insert_page() fail (ENOMEM, VM_FAULT_OOM) before a folio has more than 2^30 references, and change nothing.",
      source: "§8.6",
      rules: { refcountFailsEarly: true },
    },
  ],
  refcount64: [
    {
      text: "The reference counter of a large folio has 64 bits, and never wraps.",
      source: "§8.6",
      rules: { largeRefcountIsWide: true },
    },
  ],
  "rmap-explicit": [
    {
      text: "vm_insert_page() and zap count a driver's page in the references and the rss, and not in the mapcount.",
      source: "§8.6",
      rules: { insertPageCountsMapping: false },
    },
  ],
};
