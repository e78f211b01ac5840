// Rules of copy-on-write and of pages that come back from swap, each broken in one way: mm-semantics §2.4 to §2.11.

import { code, type Mutant } from "./mutant.ts";

export const COPY_ON_WRITE: readonly Mutant[] = [
  code("a page that leaves the swap cache is clean", "2.11", "swapfile.ts", [
    "    // Before the cache's references go, since the caller's may be the only other one.\n    k.set(page.flags, folio, flags | PG_dirty);\n",
    "",
  ]),
];
