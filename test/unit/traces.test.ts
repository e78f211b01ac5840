// What the simulated kernel does in its corners. Each trace says in its first lines which rule of Linux it stands for.

import assert from "node:assert/strict";
import { everyTraceHolds } from "../support/trace_folder.ts";

everyTraceHolds(new URL("../traces/", import.meta.url), 20, ({ checks }) => {
  assert.ok(checks.passed > 0, "nothing was checked");
});
