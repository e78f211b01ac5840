// A fault that meets a migration entry. mm/migrate.c; mm-semantics §2.7.

import { bug } from "./errors.ts";
import type { Fault } from "./fault.ts";
import { kernelFunction } from "./frames.ts";
import type { Kernel } from "./kernel.ts";

// The kernel sleeps until the migration is over. Here a migration ends within its operation and no process runs
// meanwhile, so nobody ever waits. Mirrors migration_entry_wait(), mm/migrate.c.
export const migration_entry_wait = kernelFunction(
  "migration_entry_wait",
  "mm/migrate.c",
  (_k: Kernel, vmf: Fault): number => bug(`migration_entry_wait: page 0x${vmf.vpn.toString(16)} is in migration`),
);
