// Problems of all traces in the workspace's folders, open or not.

import {
  type CancellationToken,
  type Diagnostic,
  DiagnosticSeverity,
  DocumentDiagnosticReportKind,
  LSPErrorCodes,
  ResponseError,
  type WorkspaceDocumentDiagnosticReport,
} from "vscode-languageserver";
import { Analysis } from "../ide/analysis.ts";
import type { Settings } from "../ide/settings.ts";
import { reported } from "./diagnostics.ts";
import type { Parts } from "./features.ts";
import type { Files, TraceFile } from "./host.ts";
import { allModels, breathe } from "./running.ts";

const SLICE = 25;
// VS Code never sends a larger document either.
const MOST_BYTES = 50 * 2 ** 20;

interface Known {
  readonly resultId: string;
  readonly items: Diagnostic[];
}

export class WorkspaceDiagnostics {
  private readonly parts: Parts;
  private readonly files: Files;
  private readonly clock: () => number;
  private readonly settings: () => Settings;
  // Reports of files that are not open, until they change.
  private readonly known = new Map<string, Known>();
  private toldCut = false;

  constructor(parts: Parts, files: Files, clock: () => number, settings: () => Settings) {
    this.parts = parts;
    this.files = files;
    this.clock = clock;
    this.settings = settings;
  }

  serve(folders: () => readonly string[]): void {
    const { connection, guard } = this.parts;
    connection.languages.diagnostics.onWorkspace(
      guard.request("workspace diagnostics", async ({ previousResultIds }, token) => {
        const previous = new Map((previousResultIds ?? []).map(({ uri, value }) => [uri, value]));
        const { files, cut } = await this.files.traces(folders());
        if (cut && !this.toldCut) {
          this.toldCut = true;
          connection.console.warn(`only the first ${files.length} traces of the workspace are checked`);
        }
        const items: WorkspaceDocumentDiagnosticReport[] = [];
        for (const file of files) items.push(await this.report(file, previous.get(file.uri), token));
        return { items };
      }),
    );
  }

  // After a change of settings every file is looked at again.
  forget(): void {
    this.known.clear();
  }

  private async report(
    file: TraceFile,
    previous: string | undefined,
    token: CancellationToken,
  ): Promise<WorkspaceDocumentDiagnosticReport> {
    const { uri } = file;
    const open = this.parts.documents.find(uri);
    if (open) await this.parts.runner.ran(open, allModels, token);
    const { version, generation } = open ?? { version: null, generation: 0 };
    const resultId = open ? String(generation) : file.stamp;
    if (previous === resultId) return { kind: DocumentDiagnosticReportKind.Unchanged, uri, version, resultId };
    const items = open ? reported(open) : await this.ofFile(file, token);
    return { kind: DocumentDiagnosticReportKind.Full, uri, version, resultId, items };
  }

  private async ofFile({ uri, stamp, bytes }: TraceFile, token: CancellationToken): Promise<Diagnostic[]> {
    const known = this.known.get(uri);
    if (known?.resultId === stamp) return known.items;
    if (bytes > MOST_BYTES) return [tooLarge(bytes)];
    const text = await this.files.read(uri);
    if (text === undefined) return [];
    const analysis = new Analysis(text, this.settings(), this.clock);
    for (const model of analysis.models) {
      while (!analysis.advance(model, SLICE)) {
        await breathe();
        if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
      }
    }
    const items = reported({ uri, analysis });
    this.known.set(uri, { resultId: stamp, items });
    return items;
  }
}

function tooLarge(bytes: number): Diagnostic {
  const start = { line: 0, character: 0 };
  const size = `${Math.round(bytes / 2 ** 20)} MiB`;
  const message = `This trace of ${size} is too large for an editor: \`mmtrace check\` and the debugger read it.`;
  return {
    range: { start, end: start },
    severity: DiagnosticSeverity.Warning,
    source: "mmtrace",
    code: "limit",
    message,
  };
}
