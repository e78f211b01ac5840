// What each release changed about large folios of files. mm-semantics §2.3, §5.8, §5.11, §5.12.

import type { Change } from "./history.ts";
import type { FileFolioRules } from "./model_file_folios.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_FILE_FOLIOS: FileFolioRules = {
  fileFolios: false,
  hugepageReadahead: "no",
  faultAroundBatches: false,
  faultAroundMapsFolio: false,
  finishFaultMapsFolio: "no",
  pmdMapsWithinFile: false,
  pmdMapAsksVma: false,
  collapsesFiles: false,
  collapseRetractsOwn: true,
  collapseFillsUpper: false,
  truncateSplitsAround: false,
};

export const FILE_FOLIOS: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.18": [
    {
      since: "5.18",
      commits: ["4687fdbb805a"],
      text: "A fault of a file's page in a mapping with MADV_HUGEPAGE reads two PMDs' worth from the PMD's start on.",
      rules: { hugepageReadahead: "a PMD" },
    },
  ],
  "6.6": [
    {
      since: "6.6",
      commits: ["3bd786f76de2"],
      text: "Fault-around makes the entries of one folio together: those beside the wanted one begin as accessed, too.",
      rules: { faultAroundBatches: true },
    },
    {
      since: "6.6",
      commits: ["1043173eb5eb", "1d65b771bc08"],
      text: "MADV_COLLAPSE of a file's memory frees the page tables of all its mappings, and maps the folio also where there was none.",
      rules: { collapseRetractsOwn: false },
    },
  ],
  "6.12": [
    {
      since: "6.11",
      commits: ["43e027e41423"],
      text: "A fault of shared anonymous memory maps all of a large folio that lies in the VMA and in one page table.",
      rules: { finishFaultMapsFolio: "anonymous shmem" },
    },
    {
      since: "6.12",
      commits: ["2b0f922323cc"],
      text: "No PMD maps a file's folio in a mapping with MADV_NOHUGEPAGE.",
      rules: { pmdMapAsksVma: true },
    },
    {
      since: "6.18",
      commits: ["74207de2ba10"],
      text: "No PMD maps a folio of an ordinary file that reaches past its end (stable 6.12.y has it too).",
      rules: { pmdMapsWithinFile: true },
    },
  ],
  "6.15": [
    {
      since: "6.15",
      commits: ["7460b470a131"],
      text: "Truncation splits a large folio only as far as the cut needs it.",
      rules: { truncateSplitsAround: true },
    },
  ],
  "6.18": [
    {
      since: "6.16",
      commits: [],
      text: "Ordinary files have large folios (ext4), which readahead makes.",
      rules: { fileFolios: true },
    },
    {
      since: "6.18",
      commits: ["19773df031bc"],
      text: "A fault of a file's page maps all of a large folio that lies in the VMA, in one page table and in the file.",
      rules: { finishFaultMapsFolio: "all" },
    },
    {
      since: "6.18",
      commits: ["357b92761d94"],
      text: "Fault-around maps all of a large folio that lies in the VMA, in one page table and in the file, whatever its window is.",
      rules: { faultAroundMapsFolio: true },
    },
  ],
  "7.2": [
    {
      since: "7.2",
      commits: [],
      text: "A readahead window that the end of the file cuts off asks for no next one (seen in 7.2.13, not in 6.18.15).",
      rules: { readaheadMarksAtEnd: false },
    },
    {
      since: "7.2",
      commits: [],
      text: "MADV_HUGEPAGE lets a fault read two large folios of at most 2 MiB, and only of files that have large folios.",
      rules: { hugepageReadahead: "a large folio" },
    },
    {
      since: "7.2",
      commits: [],
      text: "MADV_COLLAPSE and khugepaged work on ordinary files that can have folios of a PMD's size.",
      rules: { collapsesFiles: true },
    },
    {
      since: "7.2",
      commits: [],
      text: "MADV_COLLAPSE maps a file's folio also where the tables above the PMD do not exist yet.",
      rules: { collapseFillsUpper: true },
    },
  ],
};
