// Which large folios the rules about their counters are to be asked again for, as a recording goes on. See audit.ts.

import { Distinct } from "./distinct.ts";
import { folioBreaches } from "./invariants_folio.ts";
import type { Kernel } from "./kernel.ts";
import type { Standing } from "./standing.ts";
import type { Tally } from "./tally.ts";

export class FolioWatch {
  // Rows of the folio table that were written.
  readonly rows = new Distinct();
  private readonly k: Kernel;
  // By the head's pfn.
  private readonly standing: Standing;

  constructor(k: Kernel, standing: Standing) {
    this.k = k;
    this.standing = standing;
  }

  // Those of the pages whose sums changed, too.
  afresh(tally: Tally): void {
    const { page, folio } = this.k.w;
    for (const pfn of tally.changedPages.rows) {
      const row = page.folio.data[pfn] - 1;
      if (row >= 0) this.rows.add(row);
      if (row < 0 || folio.head.data[row] !== pfn) this.standing.put(pfn, []);
    }
    for (const row of this.rows.rows) {
      const head = folio.head.data[row];
      if (head !== 0) this.standing.put(head, folioBreaches(this.k, tally, head));
    }
    this.rows.clear();
  }
}
