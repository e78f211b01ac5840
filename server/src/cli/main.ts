#!/usr/bin/env node
// The program `mmtrace`.

import * as nodeModule from "node:module";
import { main } from "./commands.ts";
import { processIo } from "./io.ts";

// From Node 22 on, compiled code is kept between runs: a debug session then starts without compiling its adapter again.
(nodeModule as { enableCompileCache?: () => unknown }).enableCompileCache?.();

const io = processIo();
main(process.argv.slice(2), io).then(
  (status) => {
    process.exitCode = status;
  },
  (error: unknown) => {
    // A mistake of this program, not of the trace: what is known of it helps whoever reports it.
    io.err(`mmtrace: internal error, please report it\n${error instanceof Error ? error.stack : String(error)}\n`);
    process.exitCode = 70;
  },
);
