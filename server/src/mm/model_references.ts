// The rules in which kernels differ about how far a counter of references goes, and what it counts. All releases answer alike;
// (history_references.ts); the proposals of mm-semantics §8.6 about overflows do not.

export interface ReferenceRules {
  // fork, faults, GUP and vm_insert_page() fail before a folio gets more references than a quarter of the counter's range: 2^30 of
  // 32 bits. What cannot fail (a PMD that is split by munmap or mprotect, the LRU, migration) goes on. mm-semantics §8.6.
  readonly refcountFailsEarly: boolean;

  // `_refcount` of a large folio has 64 bits, whatever the machine gives to those of small ones, so that it never wraps.
  // mm-semantics §8.6.
  readonly largeRefcountIsWide: boolean;

  // vm_insert_page() counts a mapping of the driver's page as of a page of a file, and zap counts it back. mm-semantics §6.4, §8.6.
  readonly insertPageCountsMapping: boolean;
}
