// What real kernels did, line by line.

import { everyTraceHolds } from "../support/trace_folder.ts";

everyTraceHolds(new URL("../conformance/", import.meta.url), 60);
