// The request mmtrace/exportC {uri, model?}: an open trace as a C program in the manner of the kernel's selftests.

import { LSPErrorCodes, ResponseError } from "vscode-languageserver";
import { MODELS } from "../mm/models.ts";
import type { ModelName } from "../mm/releases.ts";
import { exportC } from "../run/export_c/export.ts";
import type { Parts } from "./features.ts";
import { invalid, record, text } from "./params.ts";

interface Exported {
  readonly text: string;
  // One line about what became of the checks.
  readonly report: string;
}

export function serveExport({ connection, guard, documents, runner }: Parts): void {
  connection.onRequest(
    "mmtrace/exportC",
    guard.request<unknown, Exported>("exportC", async (params, token) => {
      const { uri, model: wanted } = record(params, "params");
      const key = text(uri, "uri");
      const document = documents.find(key);
      if (!document) throw invalid(`${key} is not open`);
      const { analysis } = document;
      const model = wanted === undefined || wanted === null ? analysis.models[0] : text(wanted, "model");
      if (!MODELS.has(model as ModelName)) throw invalid(`the model ${model} is not simulated`);
      await runner.ran(document, () => [model], token);
      const recording = analysis.recording(model);
      if (!recording) throw failed("The trace has errors, so that it does not run.");
      const { lineCount } = analysis.document;
      const lines = Array.from({ length: lineCount }, (_, line) => analysis.document.line(line));
      const { problems, tests, unseen, text: program } = exportC(nameOf(key), lines, recording);
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
