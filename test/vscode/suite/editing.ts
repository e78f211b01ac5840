// What a person gets while writing a trace, asked through the same commands that the editor itself uses.

import {
  type CodeAction,
  type CodeLens,
  type CompletionList,
  commands,
  type DocumentSymbol,
  type Hover,
  type InlayHint,
  type Location,
  type LocationLink,
  languages,
  MarkdownString,
  Position,
  Range,
  type SemanticTokens,
  type SignatureHelp,
  type TextDocument,
  type TextEdit,
  WorkspaceEdit,
  workspace,
} from "vscode";
import { equal, eventually, holds, includes, type Story } from "./harness.ts";
import { api, opened, problems, sample } from "./workspace.ts";

const COW = `kernel 6.1
p = mmap(4K, rw, private|anonymous)
write(p, "old")
child = fork()
write(p, "new") -> cow
expect page(p).refcount == 2
`;

export const editing: Story[] = [
  {
    name: "a misspelt operation is underlined and has a quick fix",
    async act() {
      const { document } = await opened("p = mmpa(4K)\n");
      const [problem] = await problems(document);
      equal(document.getText(problem.range), "mmpa", "range");
      includes(problem.message, "mmap", "message");
      await accept(document, problem.range, /mmap/);
      equal(document.lineAt(0).text, "p = mmap(4K)", "line");
    },
  },
  {
    name: "an expect that fails shows both values, and its actual value can be accepted",
    async act() {
      const { document } = await opened(COW);
      const [problem] = await problems(document);
      equal(problem.range.start.line, 5, "line");
      includes(problem.message, /1 == 2/, "message");
      await accept(document, problem.range, /accept|1/i);
      equal(document.lineAt(5).text, "expect page(p).refcount == 1", "line");
      await unproblematic(document);
    },
  },
  {
    name: "the samples have no problems",
    async act() {
      await (await api()).client();
      for (const uri of await workspace.findFiles("**/*.mmtrace")) {
        const document = await workspace.openTextDocument(uri);
        await commands.executeCommand("vscode.executeHoverProvider", uri, new Position(0, 0));
        await unproblematic(document);
      }
    },
  },
  {
    name: "completion offers operations, and fields after a dot",
    async act() {
      const start = await opened("p = mmap(4K)\nwri$0\n");
      includes(labels(await complete(start.document, start.cursor)), /\bwrite\b/, "proposals");
      const field = await opened("p = mmap(4K)\nexpect page(p).$0\n");
      const fields = labels(await complete(field.document, field.cursor));
      for (const name of ["refcount", "mapcount", "exclusive"]) includes(fields, name, "fields");
    },
  },
  {
    name: "hover on an operation tells what it does",
    async act() {
      const { document } = await opened(COW);
      const text = await hover(document, new Position(4, 1));
      includes(text, "write", "hover");
      includes(text, "cow", "hover");
    },
  },
  {
    name: "signature help names the parameters",
    async act() {
      const { document, cursor } = await opened("p = mmap(4K, $0)\n");
      const help = await commands.executeCommand<SignatureHelp>(
        "vscode.executeSignatureHelpProvider",
        document.uri,
        cursor,
        "(",
      );
      includes(help.signatures[0].label, "prot", "label");
      equal(help.activeParameter ?? help.signatures[0].activeParameter, 1, "active parameter");
    },
  },
  {
    name: "inlay hints say what each line did",
    async act() {
      const { document } = await opened(COW);
      const hints = await eventually(async () => {
        const all = new Range(0, 0, document.lineCount, 0);
        const found = await commands.executeCommand<InlayHint[]>("vscode.executeInlayHintProvider", document.uri, all);
        return found.length > 0 ? found : undefined;
      }, "inlay hints");
      const text = (hint: InlayHint) =>
        typeof hint.label === "string" ? hint.label : hint.label.map((part) => part.value).join("");
      includes(
        hints.map((hint) => `${hint.position.line}: ${text(hint)}`).join("\n"),
        /^4: .*(cow|ref 1).*$/m,
        "hints",
      );
    },
  },
  {
    name: "code lenses run, debug and compare",
    async act() {
      const { document } = await opened(COW);
      const lenses = await eventually(async () => {
        const found = await commands.executeCommand<CodeLens[]>("vscode.executeCodeLensProvider", document.uri, 10);
        return found.length > 0 ? found : undefined;
      }, "code lenses");
      const called = new Set(lenses.map((lens) => lens.command?.command));
      for (const command of ["mmtrace.run", "mmtrace.debug", "mmtrace.runAllModels"])
        holds(called.has(command), command);
    },
  },
  {
    name: "formatting aligns outcomes and is done twice without a change",
    async act() {
      const { document } = await opened("p=mmap( 4K,rw )\nwrite(p,1)->anon\nwrite(p , 22)   -> hit\n");
      await applyEdits(document, await format(document));
      includes(document.getText(), /^p = mmap\(4K, rw\)$/m, "formatted text");
      const columns = [1, 2].map((line) => document.lineAt(line).text.indexOf("->"));
      equal(columns[0], columns[1], "columns of ->");
      equal((await format(document))?.length ?? 0, 0, "edits of the second time");
    },
  },
  {
    name: "definition leads from a use to the mmap that made the address",
    async act() {
      const { document } = await opened(COW);
      const found = await commands.executeCommand<(Location | LocationLink)[]>(
        "vscode.executeDefinitionProvider",
        document.uri,
        new Position(4, 6),
      );
      const [first] = found;
      equal("targetRange" in first ? first.targetRange.start.line : first.range.start.line, 1, "line");
    },
  },
  {
    name: "rename changes every use of a name",
    async act() {
      const { document } = await opened(COW);
      const edit = await commands.executeCommand<WorkspaceEdit>(
        "vscode.executeDocumentRenameProvider",
        document.uri,
        new Position(1, 0),
        "page_",
      );
      equal(edit.get(document.uri).length, 4, "edits");
    },
  },
  {
    name: "symbols, folding and semantic tokens come from the server",
    async act() {
      const { document } = await opened("p = mmap(8K)\nrepeat 2 as i\n  write(p[i])\nend\n");
      const symbols = await commands.executeCommand<DocumentSymbol[]>(
        "vscode.executeDocumentSymbolProvider",
        document.uri,
      );
      includes(symbols.map(({ name }) => name).join(" "), "p", "symbols");
      const folds = await commands.executeCommand<{ start: number; end: number }[]>(
        "vscode.executeFoldingRangeProvider",
        document.uri,
      );
      holds(
        folds.some(({ start }) => start === 1),
        "the repeat block folds",
      );
      const tokens = await commands.executeCommand<SemanticTokens>(
        "vscode.provideDocumentSemanticTokens",
        document.uri,
      );
      holds(tokens.data.length > 0, "there are semantic tokens");
    },
  },
  {
    name: "the journal of a trace opens as a read-only document",
    async act() {
      const document = await sample("parent-first");
      await commands.executeCommand("mmtrace.openJournal", document.uri);
      const journal = await eventually(
        () => workspace.textDocuments.find(({ uri }) => uri.scheme === "mmtrace-journal"),
        "the journal",
      );
      includes(journal.getText(), "wp_page_copy", "journal");
    },
  },
  {
    name: "a trace is exported as a C program into a new editor",
    async act() {
      const text = "p = mmap(4K)\nwrite(p, 1) -> anon\n";
      const { uri } = await workspace.openTextDocument({ language: "mmtrace", content: text });
      await commands.executeCommand("mmtrace.exportC", uri);
      const made = await eventually(
        () => workspace.textDocuments.find((document) => document.getText().includes("TAP version 13")),
        "the program",
      );
      includes(made.getText(), "expect_outcome(ANON", "program");
    },
  },
  {
    name: "an strace log is imported into a new editor",
    async act() {
      const log =
        "42 mmap(NULL, 8192, PROT_READ|PROT_WRITE, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000\n42 +++ exited with 0 +++\n";
      const { uri } = await workspace.openTextDocument({ language: "strace", content: log });
      await commands.executeCommand("mmtrace.importStrace", uri);
      const made = await eventually(
        () =>
          workspace.textDocuments.find(
            (document) => document.getText().includes("0x7f0000000000") && document.languageId === "mmtrace",
          ),
        "the imported trace",
      );
      includes(made.getText(), "mmap(8K", "imported trace");
    },
  },
];

// Waits until the last problem is gone; which one stays is the story's complaint.
async function unproblematic(document: TextDocument): Promise<void> {
  const known = () => languages.getDiagnostics(document.uri);
  await eventually(() => (known().length === 0 ? true : undefined), `no problems in ${document.uri.path}`).catch(() =>
    equal(
      known().map(({ range, message }) => `${range.start.line + 1}: ${message}`),
      [],
      `problems of ${document.uri.path}`,
    ),
  );
}

async function accept(document: TextDocument, range: Range, title: RegExp): Promise<void> {
  const actions = await commands.executeCommand<CodeAction[]>("vscode.executeCodeActionProvider", document.uri, range);
  const action = actions.find((candidate) => title.test(candidate.title));
  if (!action) throw new Error(`no action ${title} among ${actions.map((candidate) => candidate.title).join(", ")}`);
  if (action.edit) await workspace.applyEdit(action.edit);
  if (action.command) await commands.executeCommand(action.command.command, ...(action.command.arguments ?? []));
}

async function complete(document: TextDocument, at: Position): Promise<CompletionList> {
  return commands.executeCommand("vscode.executeCompletionItemProvider", document.uri, at);
}

function labels(list: CompletionList): string {
  return list.items.map(({ label }) => (typeof label === "string" ? label : label.label)).join(" ");
}

async function hover(document: TextDocument, at: Position): Promise<string> {
  const found = await commands.executeCommand<Hover[]>("vscode.executeHoverProvider", document.uri, at);
  return found
    .flatMap(({ contents }) => contents)
    .map((part) => (part instanceof MarkdownString || typeof part === "object" ? part.value : part))
    .join("\n");
}

async function format(document: TextDocument): Promise<TextEdit[] | undefined> {
  const options = { tabSize: 2, insertSpaces: true };
  return commands.executeCommand("vscode.executeFormatDocumentProvider", document.uri, options);
}

async function applyEdits(document: TextDocument, edits: TextEdit[] | undefined): Promise<void> {
  const edit = new WorkspaceEdit();
  edit.set(document.uri, edits ?? []);
  await workspace.applyEdit(edit);
}
