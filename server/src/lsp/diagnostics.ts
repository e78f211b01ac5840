// Problems on their way to the client: pulled by clients that ask, pushed to those that do not.
//
// Problems of the text are known at once, those of a run when it has come to its end. A pull waits for the run, unless
// the text is wrong anyway and the run long: then it tells what is known and asks to be asked again.

import {
  type CancellationToken,
  type Diagnostic,
  type DocumentDiagnosticReport,
  DocumentDiagnosticReportKind,
  LSPErrorCodes,
  ResponseError,
} from "vscode-languageserver";
import { diagnostics } from "../ide/diagnostics.ts";
import * as convert from "./convert.ts";
import { closedMeanwhile, type OpenDocument } from "./documents.ts";
import type { Parts } from "./features.ts";
import { allModels, isRun } from "./running.ts";

// Milliseconds that a pull of a wrong text waits for its run.
const PATIENCE = 500;
// No editor shows more problems of one text than this.
const SENT = 1000;

export class DiagnosticFeed {
  private readonly parts: Parts;
  private readonly clock: () => number;

  constructor(parts: Parts, clock: () => number) {
    this.parts = parts;
    this.clock = clock;
  }

  serve(): void {
    const { connection, guard, documents } = this.parts;
    connection.languages.diagnostics.on(
      guard.request("diagnostics", (params, token) => this.pull(documents.of(params), params.previousResultId, token)),
    );
  }

  // The document was opened or edited, or its settings changed.
  async changed(document: OpenDocument): Promise<void> {
    const { client, runner } = this.parts;
    if (client().pullsDiagnostics) return;
    const { generation } = document;
    const stale = () => document.closed || document.generation !== generation;
    const finished = runner.run(document, allModels, stale);
    // The first slice is over: what can be said before the end of a longer run is said now.
    if (!isRun(document, allModels)) this.publish(document);
    if ((await finished) && !stale()) this.publish(document);
  }

  closed({ uri }: OpenDocument): void {
    const { client, connection } = this.parts;
    if (!client().pullsDiagnostics) connection.sendDiagnostics({ uri, diagnostics: [] });
  }

  refresh(): void {
    const { client, connection } = this.parts;
    if (client().refreshesDiagnostics) connection.languages.diagnostics.refresh();
  }

  private async pull(
    document: OpenDocument,
    previous: string | undefined,
    token: CancellationToken,
  ): Promise<DocumentDiagnosticReport> {
    const { client, runner } = this.parts;
    const began = this.clock();
    const impatient = () => this.clock() - began > PATIENCE && client().refreshesDiagnostics && isWrong(document);
    const stopped = () => document.closed || token.isCancellationRequested || impatient();
    const finished = await runner.run(document, allModels, stopped);
    if (document.closed) throw closedMeanwhile(document);
    if (token.isCancellationRequested) throw new ResponseError(LSPErrorCodes.RequestCancelled, "cancelled");
    if (!finished) {
      void this.refreshWhenRun(document);
      return { kind: DocumentDiagnosticReportKind.Full, items: reported(document) };
    }
    const resultId = String(document.generation);
    if (previous === resultId) return { kind: DocumentDiagnosticReportKind.Unchanged, resultId };
    return { kind: DocumentDiagnosticReportKind.Full, resultId, items: reported(document) };
  }

  private async refreshWhenRun(document: OpenDocument): Promise<void> {
    const { generation } = document;
    const stale = () => document.closed || document.generation !== generation;
    if (await this.parts.runner.run(document, allModels, stale)) this.refresh();
  }

  private publish(document: OpenDocument): void {
    const { uri, version } = document;
    this.parts.connection.sendDiagnostics({ uri, version, diagnostics: reported(document) });
  }
}

export function reported({ uri, analysis }: Pick<OpenDocument, "uri" | "analysis">): Diagnostic[] {
  const found = diagnostics(analysis);
  const sent = found.slice(0, SENT).map((problem) => convert.diagnostic(uri, problem));
  if (found.length > SENT) {
    const { range } = found[SENT];
    const message = `${found.length - SENT} more problems from here on are not shown`;
    sent.push(convert.diagnostic(uri, { range, code: "limit", severity: "warning", message }));
  }
  return sent;
}

function isWrong({ analysis }: OpenDocument): boolean {
  return analysis.program.problems.some(({ severity }) => severity === "error");
}
