// What a pin holds, folio by folio: references to pages of one folio that follow each other are taken and given back at
// once. mm/gup.c; io_uring/rsrc.c.

import { folio_nr_pages, folio_page_idx, page_folio } from "./folio.ts";
import type { Kernel } from "./kernel.ts";
import { NO_PAGE } from "./page_alloc.ts";

// Visits the folios with the number of references that each has of the pin. A buffer of io_uring that was coalesced has
// one for each run of a folio's pages. A place without a page (NO_PAGE) is passed by. Mirrors gup_folio_next(), mm/gup.c, 6.12.
export function each_pinned_folio(
  k: Kernel,
  pages: ArrayLike<number>,
  coalesced: boolean,
  visit: (folio: number, refs: number) => void,
): void {
  if (coalesced) {
    each_folio_run(k, pages, (folio) => visit(folio, 1));
    return;
  }
  for (let i = 0; i < pages.length; ) {
    const folio = page_folio(k, pages[i]);
    let refs = 1;
    while (i + refs < pages.length && page_folio(k, pages[i + refs]) === folio) refs++;
    if (pages[i] !== NO_PAGE) visit(folio, refs);
    i += refs;
  }
}

// Visits the runs of pages of one folio in its own order, with their lengths: a folio that is mapped twice in a row comes
// twice. Mirrors the loop of io_check_coalesce_buffer(), io_uring/rsrc.c, 7.2.
export function each_folio_run(
  k: Kernel,
  pages: ArrayLike<number>,
  visit: (folio: number, pages: number) => void,
): void {
  for (let i = 0; i < pages.length; ) {
    const folio = page_folio(k, pages[i]);
    let run = 1;
    while (pages[i + run] === pages[i] + run && page_folio(k, pages[i + run]) === folio) run++;
    visit(folio, run);
    i += run;
  }
}

// Whether the pages are whole folios of one size, in order, but for the beginning of the first and the end of the last:
// then io_uring keeps one reference to each folio. Mirrors io_try_coalesce_buffer(), io_uring/rsrc.c, 6.12.
export function io_check_coalesce_buffer(k: Kernel, pages: ArrayLike<number>): boolean {
  if (k.model.ioUringCoalesces === "no" || pages.length < 2) return false;
  const first = page_folio(k, pages[0]);
  const size = folio_nr_pages(k, first);
  if (size === 1) return false;
  for (let i = 1; i < pages.length; i++) {
    if (pages[i] === pages[i - 1] + 1 && page_folio(k, pages[i]) === page_folio(k, pages[i - 1])) continue;
    if (k.model.ioUringCoalesces === "one folio") return false;
    const folio = page_folio(k, pages[i]);
    if (folio_page_idx(k, pages[i - 1]) !== size - 1 || pages[i] !== folio) return false;
    if (folio_nr_pages(k, folio) !== size) return false;
  }
  return true;
}
