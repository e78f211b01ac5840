// The request mmtrace/import {name, text, touch?, faults?}: a log of strace (and perf's faults) as a trace.

import { LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { feed } from "../run/import/merge.ts";
import { reportLines, straceImport, type Touch } from "../run/import/strace.ts";
import type { Parts } from "./features.ts";
import { invalid, record, text } from "./params.ts";
import { breathe } from "./running.ts";

const TOUCHES: readonly Touch[] = ["none", "first", "all"];
// Lines between two looks at the messages.
const BATCH = 5000;

interface Imported {
  readonly text: string;
  readonly report: string;
}

export function serveImport({ connection, guard }: Parts): void {
  connection.onRequest(
    "mmtrace/import",
    guard.request<unknown, Imported>("import", async (params) => {
      const { name, text: log, touch, faults } = record(params, "params");
      const into = straceImport({
        files: [text(name, "name")],
        touch: touchOf(touch),
        faults: faults === undefined || faults === null ? undefined : "perf script",
      });
      const perf = faults === undefined || faults === null ? undefined : batches(text(faults, "faults"));
      await feed(into, [{ lines: batches(text(log, "text")), pid: 0 }], perf);
      const { header, body, report, error } = into.end();
      if (error !== undefined) throw new ResponseError(LSPErrorCodes.RequestFailed, error);
      return { text: header + body.join(""), report: reportLines(report).join("\n") };
    }),
  );
}

async function* batches(text: string): AsyncGenerator<readonly string[]> {
  const lines = text.split("\n");
  if (lines[lines.length - 1] === "") lines.pop();
  for (let i = 0; i < lines.length; i += BATCH) {
    yield lines.slice(i, i + BATCH);
    await breathe();
  }
}

function touchOf(value: unknown): Touch | undefined {
  if (value === undefined || value === null) return undefined;
  return TOUCHES.find((touch) => touch === value) ?? fail(`touch is one of ${TOUCHES.join(", ")}`);
}

function fail(message: string): never {
  throw invalid(message);
}
