// The rules about reference pages, which no release has: a part of what a model is (model.ts). mm-semantics §8.

export interface RefpageRules {
  // Where the page comes from that a mapping of reference pages shows to reads: there are no such mappings; the mapping knows
  // an address and looks it up at each fault (refpage-v1); a file owns the page and nobody counts its mappings (refpage-v2).
  readonly refpage: "none" | "an address" | "a file";

  // rss_file, rss_anon and rss_shmem are what the entries of the page tables add up to, and 0 in the end. A mapping of
  // reference pages of the first version counts a page as one kind and takes it back as another. mm-semantics §8.1.
  readonly rssMatchesMappings: boolean;
}
