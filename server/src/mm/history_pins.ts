// What 4.19 answers, and what each later release changed, about the references and pins that get_user_pages() takes, and what fork
// does about them. mm-semantics §1.6, §3.3, §4.

import { fast_takes_exclusive_for_pins } from "./exclusive_rules.ts";
import { pinned_pages_are_copied_510, pinned_pages_are_shared } from "./fork_rules.ts";
import {
  follows_dirty_after_cow,
  follows_exclusive,
  must_unshare_never,
  must_unshare_pins,
  must_unshare_pins_and_longterm,
} from "./gup_rules.ts";
import type { Change } from "./history.ts";
import type { PinRules } from "./model_pins.ts";
import type { ReleaseName } from "./releases.ts";

export const FIRST_PINS: PinRules = {
  gupMustUnshare: must_unshare_never,
  canFollowForced: follows_dirty_after_cow,
  mmHasPinned: false,
  longtermNeedsUntrackedFile: false,
  longtermNeedsPin: false,
  oDirectPins: false,
  pinBias: 1,
  pincountFrom: "order 2",
  gupBreaksCow: false,
  refusesOverflow: false,
  pinsZeroPage: true,
  gupGrowsStacks: true,
  gupPassesPfns: true,
  forkCopiesPinned: pinned_pages_are_shared,
  forkCopiesPinnedCache: false,
  clearRefsSkipsPinned: false,
  ioUringRefusesFiles: true,
  ioUringCoalesces: "no",
  ioUringTakesTebibyte: false,
};

export const PINS: Partial<Record<ReleaseName, readonly Change[]>> = {
  "5.7": [
    {
      since: "5.1",
      commits: ["f958d7b528b1", "88b1a17dfc3e", "8fde12ca79af", "15fab63e1e57"],
      text: "get_user_pages() and tee(2) take no reference to a page whose refcount is not positive, as it is after an overflow: CVE-2019-11487 is closed.",
      rules: { refusesOverflow: true },
    },
    {
      since: "5.7",
      commits: ["3faa52c03f44"],
      text: "FOLL_PIN adds 1024 to the refcount of a small folio, so that a pin can be told from other references.",
      rules: { pinBias: 1024 },
    },
  ],
  "5.8": [
    {
      since: "5.8",
      commits: ["17839856fd58"],
      text: "A reference for reading to a page of a private mapping breaks COW first, as a write would: CVE-2020-29374 is closed for who takes the reference.",
      rules: { gupBreaksCow: true },
    },
  ],
  "5.10": [
    {
      since: "5.11",
      commits: ["9348b73c2e1b"],
      text: "clear_refs leaves pages alone that may be pinned (stable 5.10.y has it too).",
      rules: { clearRefsSkipsPinned: true },
    },
    {
      since: "5.9",
      commits: ["a308c71bf1e6"],
      text: "A reference for reading takes the page that is mapped; COW is no longer broken for it.",
      rules: { gupBreaksCow: false },
    },
    {
      since: "5.9",
      commits: ["008cfe4418b3"],
      text: "An address space remembers that its pages were ever pinned (FOLL_PIN).",
      rules: { mmHasPinned: true },
    },
    {
      since: "5.10",
      commits: [],
      text: "get_user_pages() refuses FOLL_LONGTERM: what lasts has to be pinned.",
      rules: { longtermNeedsPin: true },
    },
    {
      since: "5.9",
      commits: ["70e806e4e645"],
      text: "fork copies an anonymous page that may be pinned for the child at once, so that the parent keeps what its device uses.",
      rules: { forkCopiesPinned: pinned_pages_are_copied_510 },
    },
  ],
  "5.15": [
    {
      since: "5.9",
      commits: ["70e806e4e645"],
      text: "fork does not ask whether a pinned page is anonymous: of a page-cache page in a private mapping the child gets an anonymous copy: not what stable 5.10.y took over.",
      rules: { forkCopiesPinnedCache: true },
    },
  ],
  "5.18": [
    {
      since: "5.18",
      commits: ["5232c63f46fd"],
      text: "Every large folio counts its pins for itself, also one of two pages.",
      rules: { pincountFrom: "order 1" },
    },
    {
      since: "5.18",
      commits: ["65462462ffb2"],
      text: "get_user_pages() ends at an entry without a page, as pin_user_pages() does now instead of leaving a hole in the list of pages.",
      rules: { gupPassesPfns: false },
    },
  ],
  "5.19": [
    {
      since: "5.19",
      commits: ["fb3d824d1a46"],
      text: "fork shares pinned pages of the page cache as it shares others.",
      rules: { forkCopiesPinnedCache: false },
    },
    {
      since: "5.19",
      commits: ["a7f226604170"],
      text: "A read-only FOLL_PIN of an anonymous page that is not exclusive unshares it first.",
      rules: { gupMustUnshare: must_unshare_pins, gupFastTakes: fast_takes_exclusive_for_pins },
    },
  ],
  "6.1": [
    {
      since: "6.0",
      commits: ["5535be309971"],
      text: "A forced write (FOLL_FORCE) follows exclusive anonymous pages instead of dirty entries: CVE-2022-2590 is closed.",
      rules: { canFollowForced: follows_exclusive },
    },
    {
      since: "6.5",
      commits: ["c8070b787519"],
      text: "FOLL_PIN of the zero page counts nowhere (stable 6.1.y has it too).",
      rules: { pinsZeroPage: false },
    },
    {
      since: "6.5",
      commits: ["8d7071af8907"],
      text: "get_user_pages() grows no stacks (stable 6.1.y has it too).",
      rules: { gupGrowsStacks: false },
    },
  ],
  "6.6": [
    {
      since: "6.4",
      commits: ["57bebf807e2a"],
      text: "io_uring keeps one reference to a buffer that is one large folio.",
      rules: { ioUringCoalesces: "one folio" },
    },
    {
      since: "6.2",
      commits: ["84209e87c696"],
      text: "A read-only FOLL_PIN|FOLL_LONGTERM unshares page-cache pages and the zero page of a private mapping too.",
      rules: { gupMustUnshare: must_unshare_pins_and_longterm },
    },
    {
      since: "6.5",
      commits: ["a7e689dd1c06"],
      text: "O_DIRECT pins its pages (FOLL_PIN) instead of referencing them (FOLL_GET).",
      rules: { oDirectPins: true },
    },
    {
      since: "6.5",
      commits: ["8ac268436e6d"],
      text: "A long-term pin for writing refuses shared mappings of files that track dirty pages.",
      rules: { longtermNeedsUntrackedFile: true },
    },
    {
      since: "6.5",
      commits: ["34ed8d0dcd69"],
      text: "io_uring leaves it to FOLL_LONGTERM which mappings of files it refuses: private ones no more.",
      rules: { ioUringRefusesFiles: false },
    },
  ],
  "6.12": [
    {
      since: "6.12",
      commits: ["a8edbb424b13"],
      text: "io_uring keeps one reference for each of the large folios that a buffer consists of.",
      rules: { ioUringCoalesces: "folios" },
    },
  ],
  "6.15": [
    {
      since: "6.15",
      commits: ["31a31da8a618"],
      text: "On 32 bits a large folio of two pages has no count of its pins any more: each adds 1024 to its references.",
      rules: { pincountFrom: "order 1 with 64 bits" },
    },
  ],
  "7.2": [
    {
      since: "7.2",
      commits: [],
      text: "io_uring takes buffers of up to 1 TiB; larger ones are EINVAL.",
      rules: { ioUringTakesTebibyte: true },
    },
  ],
};
