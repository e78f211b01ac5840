// The rules about reference pages, which no release has: a part of what a model is (model.ts). mm-semantics §8.

export interface RefpageRules {
  // Where the page comes from that a mapping of reference pages shows to reads: there are no such mappings; the mapping knows
  // an address and looks it up at each fault (refpage-v1); a file owns the page and its entries count nowhere (refpage-v2,
  // refpage-per-mapping); it is the page of the mapping itself that was touched first (refpage-in-mapping).
  readonly refpage: "none" | "an address" | "a file" | "the mapping";

  // Each mapping of reference pages holds a reference to the page (refpage-per-mapping). mm-semantics §8.3.
  readonly refpageCountsMappings: boolean;

  // rss_file, rss_anon and rss_shmem are what the entries of the page tables add up to, and 0 in the end. A mapping of
  // reference pages of the first version counts a page as one kind and takes it back as another. mm-semantics §8.1.
  readonly rssMatchesMappings: boolean;
}
