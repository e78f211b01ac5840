// The names of all models of the language, in order. LANGUAGE.md, section 6.

export const RELEASES = [
  "4.19",
  "5.7",
  "5.8",
  "5.10",
  "5.15",
  "5.17",
  "5.18",
  "5.19",
  "6.1",
  "6.6",
  "6.8",
  "6.10",
  "6.12",
  "6.15",
  "6.18",
  "7.2",
] as const;
export type ReleaseName = (typeof RELEASES)[number];

// Proposals that were never merged, with the release that each changes and its idea.
export const PROPOSALS = {
  "refpage-v1": { base: "5.8", idea: "`mmap(…, refpage, …)` of an address; GUP at each fault" },
  "refpage-v2": { base: "5.10", idea: "`refpage_create()` fd; zero-page-like special PTEs" },
  "refpage-per-mapping": {
    base: "5.10",
    idea: "the reference page's refcount is bumped at mmap and dropped at munmap, not for each PTE",
  },
  "refpage-in-mapping": {
    base: "5.10",
    idea: "the default page is one of the pages of the mapping, duplicated at fork; mapping at most 8T",
  },
  "exclusive-bit": {
    base: "5.15",
    idea: 'a bit in `struct page` says "this page is exclusive to this mm"; any virtual copy clears it',
  },
  "exclusive-on-gup": {
    base: "5.15",
    idea: "the same bit, set only when GUP asks (or after COW/unshare); fork may clear it iff page_count()==1",
  },
  "mapcount-mms": { base: "5.15", idea: "mapcount counts the address spaces that map a folio, not its PTEs or VMAs" },
  "refcount-fail-early": {
    base: "6.6",
    idea: "fork and faults fail with ENOMEM/OOM before a refcount can overflow",
  },
  refcount64: { base: "6.6", idea: "a 64-bit refcount for large folios" },
  "rmap-explicit": { base: "6.6", idea: "vm_insert_page() mappings of driver pages adjust no mapcount" },
} as const satisfies Record<string, { base: ReleaseName; idea: string }>;
export type ProposalName = keyof typeof PROPOSALS;

export type ModelName = ReleaseName | ProposalName;

export const MODEL_NAMES: readonly ModelName[] = [...RELEASES, ...(Object.keys(PROPOSALS) as ProposalName[])];

// The release that decides a WHEN condition: a model's own, or none for a proposal, which must be named.
export function releaseOf(model: ModelName): ReleaseName | undefined {
  return RELEASES.find((release) => release === model);
}

// The release whose calls, fields and operations the model has.
export function baseRelease(model: ModelName): ReleaseName {
  return releaseOf(model) ?? PROPOSALS[model as ProposalName].base;
}

// Release numbers by their parts: 6.9 < 6.10. Negative, 0 or positive like any comparison; NaN parts never occur in a
// text that matched \d+(\.\d+)*.
export function compareReleases(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const apart = (left[i] ?? 0) - (right[i] ?? 0);
    if (apart !== 0) return apart;
  }
  return 0;
}
