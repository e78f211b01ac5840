// The scopes of a frame, in the order in which a client shows them.

import type { ScopeSpec } from "./scope.ts";
import { changesScope } from "./scopeChanges.ts";
import { faultScope } from "./scopeFault.ts";
import { foliosScope } from "./scopeFolios.ts";
import { namesScope } from "./scopeNames.ts";
import { pinsScope } from "./scopePins.ts";
import { processScope } from "./scopeProcess.ts";
import { tablesScope } from "./scopeTables.ts";

export const SCOPES: readonly ScopeSpec[] = [
  namesScope,
  faultScope,
  processScope,
  tablesScope,
  foliosScope,
  pinsScope,
  changesScope,
];
