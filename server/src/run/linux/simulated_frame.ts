// What a look at the simulated machine shows of a frame, at the kernel's cursor.

import { decode } from "../../lang/bytes.ts";
import { fieldOf, hasField } from "../../lang/fields.ts";
import type { Value } from "../../lang/value.ts";
import { PG_anon, PG_dirty, PG_ksm, PG_lru, PG_swapbacked, PG_swapcache, PG_zero } from "../../mm/flags.ts";
import { folio_order, folio_test_hugetlb, folio_test_large, is_huge_zero_folio, page_folio } from "../../mm/folio.ts";
import type { Kernel } from "../../mm/kernel.ts";
import { type FolioLook, type FrameLook, fnv1a } from "./look.ts";

const TEXT = 32;

// Gives each frame of the look that is being made the same description whoever asks.
export function framesOf(k: Kernel): (pfn: number) => FrameLook {
  const frames = new Map<number, FrameLook>();
  const folios = new Map<number, FolioLook>();
  const own = { mapcount: fieldReader(k, "page", "mapcount"), exclusive: fieldReader(k, "page", "exclusive") };
  const folioOf = (folio: number): FolioLook => {
    const found = folios.get(folio) ?? folioLook(k, folio);
    folios.set(folio, found);
    return found;
  };
  return (pfn) => {
    const found = frames.get(pfn) ?? frameLook(k, pfn, own, folioOf);
    frames.set(pfn, found);
    return found;
  };
}

type Reader = (pfn: number) => Value | undefined;

function frameLook(
  k: Kernel,
  pfn: number,
  own: { readonly mapcount: Reader; readonly exclusive: Reader },
  folioOf: (folio: number) => FolioLook,
): FrameLook {
  const { page } = k.w;
  const folio = page_folio(k, pfn);
  const flags = page.flags.data[folio];
  const content = k.contents.get(page.content.data[pfn]);
  const hugetlb = folio_test_hugetlb(k, folio);
  return {
    pfn,
    zero: (flags & PG_zero) !== 0 || is_huge_zero_folio(k, folio),
    refcount: page._refcount.data[folio],
    mapcount: counter(own.mapcount(pfn)),
    // hugetlb keeps one for all of a folio's pages.
    exclusive: truth(own.exclusive(hugetlb ? folio : pfn)),
    anon: (flags & PG_anon) !== 0,
    file: page.mapping.data[folio] !== 0 && (flags & (PG_anon | PG_swapbacked)) === 0 && !hugetlb,
    hugetlb,
    ksm: (flags & PG_ksm) !== 0,
    swapcache: (flags & PG_swapcache) !== 0,
    dirty: (flags & PG_dirty) !== 0,
    lru: (flags & PG_lru) !== 0,
    private: false,
    ...bytesOf(content, k.pageSize),
    folio: folio_test_large(k, folio) ? folioOf(folio) : undefined,
  };
}

function folioLook(k: Kernel, folio: number): FolioLook {
  const count = (name: string) => counter(fieldReader(k, "folio", name)(folio));
  const flag = (name: string) => truth(fieldReader(k, "folio", name)(folio));
  return {
    head: folio,
    order: folio_order(k, folio),
    entireMapcount: count("entire_mapcount"),
    nrPagesMapped: count("nr_pages_mapped"),
    largeMapcount: count("large_mapcount"),
    pincount: count("pincount"),
    mmId0: count("mm_id0"),
    mmId1: count("mm_id1"),
    mmId0Mapcount: count("mm_id0_mapcount"),
    mmId1Mapcount: count("mm_id1_mapcount"),
    maybeMappedShared: flag("maybe_mapped_shared"),
    partiallyMapped: flag("partially_mapped"),
    doubleMap: flag("double_map"),
  };
}

// What an expression of a trace would have; undefined where the release has no such field.
function fieldReader(k: Kernel, owner: "page" | "folio", name: string): Reader {
  const spec = fieldOf(owner, name);
  if (!spec || !hasField(k.model.name, spec)) return () => undefined;
  return (pfn) => spec.read(k, { kind: owner, pfn });
}

function counter(value: Value | undefined): number | undefined {
  return typeof value === "bigint" ? Number(value) : undefined;
}

function truth(value: Value | undefined): boolean | undefined {
  return typeof value === "bigint" ? value !== 0n : undefined;
}

// Contents are immutable and shared by many pages.
const known = new WeakMap<Uint8Array, Pick<FrameLook, "hash" | "text">>();

function bytesOf(content: Uint8Array, length: number): Pick<FrameLook, "hash" | "text"> {
  const found = known.get(content) ?? { hash: fnv1a(content, length), text: decode(content.subarray(0, TEXT)) };
  known.set(content, found);
  return found;
}
