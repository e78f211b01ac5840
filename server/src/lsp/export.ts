// The request mmtrace/exportC {uri, model?}: an open trace as a C program in the manner of the kernel's selftests.

import { LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { exportC } from "../run/export_c/export.ts";
import { askedRun } from "./asked_run.ts";
import type { Parts } from "./features.ts";

interface Exported {
  readonly text: string;
  // One line about what became of the checks.
  readonly report: string;
}

export function serveExport(parts: Parts): void {
  const { connection, guard } = parts;
  connection.onRequest(
    "mmtrace/exportC",
    guard.request<unknown, Exported>("exportC", async (params, token) => {
      const { uri, analysis, recording } = await askedRun(parts, params, token);
      if (!recording) throw failed("The trace has errors, so that it does not run.");
      const { lineCount } = analysis.document;
      const lines = Array.from({ length: lineCount }, (_, line) => analysis.document.line(line));
      const { problems, tests, unseen, text: program } = exportC(nameOf(uri), lines, recording);
      if (problems.length > 0) {
        const [{ range, message }] = problems;
        const more = problems.length > 1 ? ` (and ${problems.length - 1} more lines)` : "";
        throw failed(`Line ${range.line + 1} ${message}${more}`);
      }
      const rest = unseen.length === 0 ? "" : `; ${unseen.length} checks cannot be made from user space`;
      return { text: program, report: `${tests} tests${rest}` };
    }),
  );
}

function failed(message: string): ResponseError<void> {
  return new ResponseError(LSPErrorCodes.RequestFailed, message);
}

// The last part of a URI's path, as a person reads it.
function nameOf(uri: string): string {
  const last = uri.slice(uri.lastIndexOf("/") + 1);
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
