// What every release answers about reference pages: there are none. The proposals answer otherwise (proposals.ts).

import type { RefpageRules } from "./model_refpage.ts";

export const FIRST_REFPAGE: RefpageRules = {
  refpage: "none",
  refpageCountsMappings: false,
  rssMatchesMappings: true,
};
