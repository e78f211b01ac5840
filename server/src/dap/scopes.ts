// The scopes of a frame, in the order in which a client shows them.

import type { ScopeSpec } from "./scope.ts";
import { changesScope } from "./scope_changes.ts";
import { faultScope } from "./scope_fault.ts";
import { foliosScope } from "./scope_folios.ts";
import { machineScope } from "./scope_machine.ts";
import { namesScope } from "./scope_names.ts";
import { pinsScope } from "./scope_pins.ts";
import { processScope } from "./scope_process.ts";
import { swapScope } from "./scope_swap.ts";
import { tablesScope } from "./scope_tables.ts";

export const SCOPES: readonly ScopeSpec[] = [
  namesScope,
  faultScope,
  processScope,
  tablesScope,
  foliosScope,
  swapScope,
  pinsScope,
  machineScope,
  changesScope,
];
