// What 4.19 answers, and what each later release changed, about KSM. mm-semantics §5.9.

import type { Change } from "./history.ts";
import type { KsmRules } from "./model_ksm.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_KSM: KsmRules = {
  breakKsmUnshares: false,
  ksmMarksZeroPages: false,
  ksmAsksChecksumFirst: false,
};

export const KSM: Partial<Record<ReleaseName, readonly Change[]>> = {
  "6.6": [
    {
      since: "6.2",
      commits: ["6cce3314b928"],
      text: "KSM gives a page back its own copy by an unshare, which leaves the entry clean and read-only.",
      rules: { breakKsmUnshares: true },
    },
    {
      since: "6.6",
      commits: ["79271476b336"],
      text: "The entry of a zero page that KSM placed is dirty.",
      rules: { ksmMarksZeroPages: true },
    },
  ],
  "6.12": [
    {
      since: "6.11",
      commits: [],
      text: "KSM asks whether a page keeps still before it looks for its like in the stable tree.",
      rules: { ksmAsksChecksumFirst: true },
    },
  ],
};
