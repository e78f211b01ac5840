// What was proposed on the mailing lists and never merged: each a release with some answers of its own. mm-semantics §8, §9;
// LANGUAGE.md, section 6.

import type { Rules } from "./history.ts";
import { EXCLUSIVE_BIT, EXCLUSIVE_ON_GUP } from "./proposals_exclusive.ts";
import { MAPCOUNT_MMS } from "./proposals_mapcount.ts";
import type { ProposalName } from "./releases.ts";
import { reuse_unless_default_page } from "./reuse.ts";

export interface Proposed {
  // What the kernel would do: whole sentences.
  readonly text: string;
  // Where that comes from: a section of mm-semantics.md.
  readonly source: string;
  // The answers that differ from the base release's.
  readonly rules: Partial<Rules>;
}

// Those that are simulated. The base release of each stands in PROPOSALS, releases.ts.
export const PROPOSED: Readonly<Record<ProposalName, readonly Proposed[]>> = {
  "refpage-v1": [
    {
      text: "mmap() knows MAP_REFPAGE: the offset is the address of a page of the caller. A fault takes a reference to the page that this address shows to the current process, and maps it as a file's page.",
      source: "§8.1",
      rules: { refpage: "an address" },
    },
    {
      text: "The anonymous page that is mapped like a file's is counted as shared memory when it comes and as anonymous memory when it goes.",
      source: "§8.1",
      rules: { rssMatchesMappings: false },
    },
  ],
  "refpage-v2": [
    {
      text: "refpage_create() makes a file that owns one page. A private mapping of it is anonymous memory whose reads map that page by special entries, as they would the zero page, and whose writes copy it.",
      source: "§8.2",
      rules: { refpage: "a file" },
    },
  ],
  "refpage-per-mapping": [
    {
      text: "As in refpage-v2 a file owns the reference page and special entries map it.",
      source: "§8.2, §8.3",
      rules: { refpage: "a file" },
    },
    {
      text: "Each mapping holds a reference to the page, from mmap(), fork or a split on until it is unmapped or another one takes it in.",
      source: "§8.3",
      rules: { refpageCountsMappings: true },
    },
  ],
  "refpage-in-mapping": [
    {
      text: "What a mapping of mmap()'s MAP_REFPAGE shows where nothing was written is the page of it that was touched first, which takes a reference and a mapping for each entry and is on no LRU list. fork and the split of a mapping duplicate it. The mapping is not longer than 8 TiB.",
      source: "§8.4",
      rules: { refpage: "the mapping" },
    },
    {
      text: "Nobody writes to that page any more once a second page of the mapping was touched, whatever its references.",
      source: "§8.4",
      rules: { reuseAnonSmall: reuse_unless_default_page },
    },
  ],
  "exclusive-bit": EXCLUSIVE_BIT,
  "exclusive-on-gup": EXCLUSIVE_ON_GUP,
  "mapcount-mms": MAPCOUNT_MMS,
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
