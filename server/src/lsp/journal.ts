// The request mmtrace/journal {uri, model?}: the journal of an open trace's run, as text.

import { journalLines } from "../run/journal_text.ts";
import { askedRun } from "./asked_run.ts";
import type { Parts } from "./features.ts";

// Lines that an editor can show; a longer journal ends with a line that says so.
const MOST = 200_000;

export function serveJournal(parts: Parts): void {
  const { connection, guard } = parts;
  connection.onRequest(
    "mmtrace/journal",
    guard.request<unknown, { text: string }>("journal", async (params, token) => {
      const { uri, model, analysis, recording } = await askedRun(parts, params, token);
      if (!recording) return { text: "" };
      const { statements } = recording.program;
      const cursor = recording.kernel.position;
      const lines: string[] = [`# ${uri} under ${model}`];
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
