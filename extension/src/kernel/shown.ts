// Shows what real kernels said beside the lines of a trace: inline text, warnings, and a table under the mouse. It goes when the
// text changes, since its line numbers and values are of the text that ran.

import {
  commands,
  type DecorationOptions,
  type DecorationRenderOptions,
  Diagnostic,
  DiagnosticSeverity,
  type Disposable,
  Hover,
  languages,
  MarkdownString,
  OverviewRulerLane,
  Range,
  type TextDocument,
  type TextEditor,
  type TextEditorDecorationType,
  ThemeColor,
  type Uri,
  window,
  workspace,
} from "vscode";
import { type Comparison, readComparison } from "./comparison.ts";
import { kernelTable } from "./hover.ts";
import { findings, type Remark, remarks } from "./remarks.ts";

const SOURCE = "mmtrace kernel";

export interface Beside {
  readonly comparison: Comparison;
  readonly remarks: readonly Remark[];
  readonly warnings: readonly Diagnostic[];
}

export class ShownComparisons implements Disposable {
  private readonly kept = new Map<string, Beside>();
  private readonly problems = languages.createDiagnosticCollection(SOURCE);
  // What disagrees comes before what agrees: VS Code draws decorations of one place in the order of their types.
  private readonly looks: Readonly<Record<Remark["tone"], TextEditorDecorationType>> = {
    disagrees: window.createTextEditorDecorationType(
      behind("mmtrace.realKernelDisagrees", {
        overviewRulerColor: new ThemeColor("editorOverviewRuler.warningForeground"),
        overviewRulerLane: OverviewRulerLane.Right,
      }),
    ),
    agrees: window.createTextEditorDecorationType(behind("mmtrace.realKernelAgrees")),
    unknown: window.createTextEditorDecorationType(behind("mmtrace.realKernelAgrees")),
  };
  private readonly parts: readonly Disposable[];
  private hovers: Disposable | undefined;

  constructor() {
    this.parts = [
      this.problems,
      ...Object.values(this.looks),
      window.onDidChangeVisibleTextEditors((editors) => {
        for (const editor of editors) this.draw(editor);
      }),
      workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
        if (contentChanges.length > 0) this.forget(document.uri);
      }),
      workspace.onDidCloseTextDocument(({ uri }) => this.forget(uri)),
    ];
  }

  // What stands beside a trace.
  of(uri: Uri): Beside | undefined {
    return this.kept.get(uri.toString());
  }

  // The comparison as the command line prints it. False for a text that is none.
  show(document: TextDocument, json: string): boolean {
    const comparison = readComparison(json);
    if (comparison === undefined) return false;
    const warnings = findings(comparison)
      .filter(({ line }) => line >= 0 && line < document.lineCount)
      .map(({ line, message }) => {
        const warning = new Diagnostic(statementOf(document, line), message, DiagnosticSeverity.Warning);
        warning.source = SOURCE;
        return warning;
      });
    this.kept.set(document.uri.toString(), { comparison, remarks: remarks(comparison), warnings });
    this.problems.set(document.uri, warnings);
    // Of several hovers VS Code shows that of the last provider first: the table comes before the operation's manual.
    this.hovers?.dispose();
    this.hovers = languages.registerHoverProvider(
      { language: "mmtrace" },
      { provideHover: (text, position) => this.hover(text, position.line) },
    );
    this.changed();
    return true;
  }

  clear(): void {
    this.kept.clear();
    this.problems.clear();
    this.changed();
  }

  dispose(): void {
    this.hovers?.dispose();
    for (const part of this.parts) part.dispose();
  }

  private forget(uri: Uri): void {
    if (!this.kept.delete(uri.toString())) return;
    this.problems.delete(uri);
    this.changed();
  }

  private changed(): void {
    for (const editor of window.visibleTextEditors) this.draw(editor);
    void commands.executeCommand("setContext", "mmtrace.realKernelResults", this.kept.size > 0);
  }

  private draw(editor: TextEditor): void {
    const { document } = editor;
    const beside = this.of(document.uri);
    if (beside === undefined && document.languageId !== "mmtrace") return;
    for (const [tone, look] of Object.entries(this.looks)) {
      const options = (beside?.remarks ?? [])
        .filter((remark) => remark.tone === tone && remark.line >= 0 && remark.line < document.lineCount)
        .map(({ line, text }): DecorationOptions => {
          const end = document.lineAt(line).range.end;
          return { range: new Range(end, end), renderOptions: { after: { contentText: text } } };
        });
      editor.setDecorations(look, options);
    }
  }

  private hover(document: TextDocument, line: number): Hover | undefined {
    const beside = this.of(document.uri);
    const table = beside && kernelTable(beside.comparison, line);
    // Neither commands nor HTML: its words come from a trace and a guest.
    return table === undefined ? undefined : new Hover(new MarkdownString(table), document.lineAt(line).range);
  }
}

function behind(color: string, more: DecorationRenderOptions = {}): DecorationRenderOptions {
  return { ...more, after: { color: new ThemeColor(color), margin: "0 0 0 2em" } };
}

// The line without its indentation and its comment.
function statementOf(document: TextDocument, line: number): Range {
  const { text, firstNonWhitespaceCharacterIndex: start } = document.lineAt(line);
  const plain = text.replace(/"(?:\\.|[^"\\])*"|#.*$/g, (found) => (found.startsWith("#") ? "" : found)).trimEnd();
  return new Range(line, start, line, Math.max(plain.length, start));
}
