// What 4.19 answers, and what each later release changed, about how the mappings of a large folio are counted.
// mm-semantics §0.1, §7.2, §7.5, §7.6.

import type { Change } from "./history.ts";
import { shared_by_first_page, shared_by_mapcounts, shared_by_mm_ids } from "./mapped_shared_rules.ts";
import type { LargeFolioRules } from "./model_folios.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_FOLIOS: LargeFolioRules = {
  doubleMap: true,
  nrPagesMapped: false,
  largeMapcount: false,
  mmIds: false,
  pageMapcountIsOptional: false,
  mapcountOf: "entries",
  largeMappedShared: shared_by_first_page,
  firstFilePmdEndsDoubleMap: false,
  unmappedPageQueuesSplit: true,
  unmappedFolioQueuesSplit: true,
};

export const FOLIOS: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.7": [
    {
      since: "5.5",
      commits: ["f1fe80d4ae33"],
      text: "A large folio whose last PMD goes is not queued for a split when no page of it is mapped any more.",
      rules: { unmappedFolioQueuesSplit: false },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["bd55b0c2d64e"],
      text: "PG_double_map of a file's large folio is cleared by the first PMD that maps it while no PTE does.",
      rules: { firstFilePmdEndsDoubleMap: true },
    },
  ],
  "6.6": [
    {
      since: "6.2",
      commits: ["cb67f4282bf9", "be5ef2d9b006", "4b51634cd16a", "eec20426d48b"],
      text: "A large folio counts how many of its pages PTEs map (_nr_pages_mapped), in place of PG_double_map; each page counts its PTEs alone, also of files. A page is unmapped for the deferred split only when no PMD maps the folio.",
      rules: { doubleMap: false, nrPagesMapped: true },
    },
  ],
  "6.10": [
    {
      since: "6.10",
      commits: ["05c5323b2a34"],
      text: "A large folio counts all its mappings in one counter (_large_mapcount), which tells better whether it is shared.",
      rules: { largeMapcount: true, largeMappedShared: shared_by_mapcounts },
    },
    {
      since: "6.10",
      commits: [],
      text: "A large folio that loses its last PTEs is not queued for a split when no page of it is mapped any more.",
      rules: { unmappedPageQueuesSplit: false },
    },
  ],
  "6.15": [
    {
      since: "6.15",
      commits: ["6af8cb80d3a9", "749492229e3b"],
      text: "Address spaces have numbers, and a large folio counts the mappings of two of them: what it can tell of being shared may err on the side of yes. Kernels can be built without mapcounts of its pages (CONFIG_NO_PAGE_MAPCOUNT).",
      rules: { mmIds: true, largeMappedShared: shared_by_mm_ids, pageMapcountIsOptional: true },
    },
  ],
};
