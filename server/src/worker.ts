// The servers in a browser's worker. One bundle for both, as most of it is the engine; the first message says which it is.

import { serveDap } from "./dap/worker.ts";
import { serveLsp } from "./lsp/worker.ts";

declare const self: DedicatedWorkerGlobalScope;

// Each server then takes the messages itself.
self.onmessage = ({ data }: MessageEvent<"lsp" | "dap">) => (data === "dap" ? serveDap(self) : serveLsp(self));
