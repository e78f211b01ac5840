// The servers in a browser's worker. One bundle for both, as most of it is the engine; the worker's name says which it is.

import { serveDap } from "./dap/worker.ts";
import { serveLsp } from "./lsp/worker.ts";

declare const self: DedicatedWorkerGlobalScope;

if (self.name === "dap") serveDap(self);
else serveLsp(self);
