// Fields of `machine`, `model` and `last`.

import { ERRNOS } from "../mm/abi.ts";
import { MAJOR, MINOR, OUTCOMES, SIGNALS } from "../mm/outcome.ts";
import { free_pages, ZERO_PFN } from "../mm/page_alloc.ts";
import { baseRelease } from "../mm/releases.ts";
import type { FieldSpec } from "./fields.ts";
import { OUTCOME_DOCS } from "./outcomes.ts";
import { number, truth } from "./read.ts";
import { word } from "./words.ts";

export const MACHINE_FIELDS: readonly FieldSpec[] = [
  {
    of: "machine",
    name: "free",
    type: "counter",
    unit: "pages",
    doc: "Frames that nobody holds.",
    source: "NR_FREE_PAGES, include/linux/mmzone.h",
    simulated: true,
    read: (k) => number(free_pages(k)),
  },
  {
    of: "machine",
    name: "swap_used",
    type: "counter",
    unit: "pages",
    doc: "Swap slots in use.",
    source: "total_swap_pages - nr_swap_pages, mm/swapfile.c",
    simulated: true,
    read: (k) => number(k.w.machine.swap_used.data[0]),
  },
  {
    of: "machine",
    name: "zero_pfn",
    type: "number",
    doc: "The frame of the zero page.",
    source: "zero_pfn, mm/memory.c",
    simulated: true,
    read: () => number(ZERO_PFN),
  },
];

export const MODEL_FIELDS: readonly FieldSpec[] = [
  {
    of: "model",
    name: "name",
    type: "string",
    doc: 'The model\'s name: `"6.18"`, `"refpage-v2"`.',
    source: "the `kernel` line",
    simulated: true,
    read: (k) => k.model.name,
  },
  {
    of: "model",
    name: "release",
    type: "string",
    doc: "The release that the model is, or that a proposal is based on.",
    source: "UTS_RELEASE, include/generated/utsrelease.h",
    simulated: true,
    read: (k) => baseRelease(k.model.name),
  },
];

export const LAST_FIELDS: readonly FieldSpec[] = [
  ...OUTCOMES.map(
    (name, i): FieldSpec => ({
      of: "last",
      name,
      type: "truth",
      doc: OUTCOME_DOCS[name],
      source: "LANGUAGE.md, section 2",
      simulated: true,
      read: (_, value) => {
        if (typeof value !== "object" || value?.kind !== "outcomes") return null;
        // As behind `->`: a hit is an access of which no page faulted.
        const faulted = name === "hit" && (value.bits & (MINOR | MAJOR | SIGNALS)) !== 0;
        return truth(!faulted && (value.bits & (1 << i)) !== 0);
      },
    }),
  ),
  {
    of: "last",
    name: "errno",
    type: "word",
    words: Object.keys(ERRNOS),
    doc: "The errno of the last operation; `none` when it succeeded.",
    source: "include/uapi/asm-generic/errno-base.h, errno.h",
    simulated: true,
    read: (_, value) =>
      typeof value === "object" && value?.kind === "outcomes" && value.errno !== undefined ? word(value.errno) : null,
  },
];
