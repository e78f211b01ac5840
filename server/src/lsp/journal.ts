// The request mmtrace/journal {uri, model?}: the journal of an open trace's run, as text.

import { MODELS } from "../mm/models.ts";
import type { ModelName } from "../mm/releases.ts";
import { journalLines } from "../run/journal_text.ts";
import type { Parts } from "./features.ts";
import { invalid, record, text } from "./params.ts";

// Lines that an editor can show; a longer journal ends with a line that says so.
const MOST = 200_000;

export function serveJournal({ connection, guard, documents, runner }: Parts): void {
  connection.onRequest(
    "mmtrace/journal",
    guard.request<unknown, { text: string }>("journal", async (params, token) => {
      const { uri, model: wanted } = record(params, "params");
      const key = text(uri, "uri");
      const document = documents.find(key);
      if (!document) throw invalid(`${key} is not open`);
      const { analysis } = document;
      const model = wanted === undefined || wanted === null ? analysis.models[0] : text(wanted, "model");
      if (!MODELS.has(model as ModelName)) throw invalid(`the model ${model} is not simulated`);
      await runner.ran(document, () => [model], token);
      const recording = analysis.recording(model);
      if (!recording) return { text: "" };
      const { statements } = recording.program;
      const cursor = recording.kernel.position;
      const lines: string[] = [`# ${key} under ${model}`];
      for (const line of journalLines(recording, (index) => lineText(statements[index]))) {
        lines.push(line);
        if (lines.length < MOST) continue;
        lines.push(`# … and more: \`mmtrace run --journal\` prints all of it`);
        break;
      }
      recording.kernel.seek(cursor);
      return { text: `${lines.join("\n")}\n` };

      function lineText({ line, start, end }: { line: number; start: number; end: number }): string {
        return analysis.document.line(line).slice(start, end);
      }
    }),
  );
}
