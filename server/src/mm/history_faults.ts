// What 4.19 answers, and what each later release changed, about how faults are tried and counted, and what they read and map
// around them. mm-semantics §2.1, §2.3.

import type { Change } from "./history.ts";
import type { FaultRules } from "./model_faults.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_FAULTS: FaultRules = {
  retriedFaultsAreMajor: false,
  gupCountsTries: true,
  faultUnlocksToRead: false,
  dirtyingFaultsRetry: false,
  faultsLockVma: false,
  readaheadAligns: false,
  readaheadMarksAtEnd: true,
  armPrefaultsOld: false,
  readFaultKeepsDirty: false,
};

export const FAULTS: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.7": [
    {
      since: "5.1",
      commits: ["6b4c9f446981"],
      text: "A fault gives up the lock while a file's next window is read, or a page that is cached but not up to date, and is tried again.",
      rules: { faultUnlocksToRead: true },
    },
    {
      since: "5.5",
      commits: ["89b15332af7c"],
      text: "A fault that made a page of a shared mapping dirty gives up the lock and is tried again.",
      rules: { dirtyingFaultsRetry: true },
    },
  ],
  "5.10": [
    {
      since: "5.9",
      commits: ["bce617edecad"],
      text: "handle_mm_fault() counts faults: one that was tried again is major, and those of get_user_pages() count once, for the process that calls it.",
      rules: { retriedFaultsAreMajor: true, gupCountsTries: false },
    },
  ],
  "5.15": [
    {
      since: "5.12",
      commits: ["46bdb4277f98"],
      text: "On arm64 the entries that fault-around makes begin as not accessed.",
      rules: { armPrefaultsOld: true },
    },
  ],
  "6.1": [
    {
      since: "6.0",
      commits: ["d92725256b4f"],
      text: "A fault that gave up the lock after its work was done is not tried again (VM_FAULT_COMPLETED).",
      rules: { dirtyingFaultsRetry: false },
    },
  ],
  "6.8": [
    {
      since: "6.7",
      commits: ["12214eba1992", "46e714c729c8"],
      text: "An access faults at a file's page under the lock of its VMA; when it is tried again it counts as major only if that first try was.",
      rules: { faultsLockVma: true },
    },
  ],
  "6.18": [
    {
      since: "6.17",
      commits: ["18ebe55a9236"],
      text: "Readahead ends at natural boundaries, and reads executable mappings from the fault on.",
      rules: { readaheadAligns: true },
    },
    {
      since: "6.16",
      commits: ["4e92030c05dc"],
      text: "A writable entry that a read fault makes for a dirty page of the page cache is dirty.",
      rules: { readFaultKeepsDirty: true },
    },
  ],
};
