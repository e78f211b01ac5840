// What the server asks of the machine it runs on, beyond messages: the traces of a workspace's folders. In a browser
// nobody answers, and only open documents are known.

export interface TraceFile {
  readonly uri: string;
  // Differs when the content does.
  readonly stamp: string;
  readonly bytes: number;
}

export interface Listing {
  readonly files: readonly TraceFile[];
  // There are more than anyone would look through; these are the first.
  readonly cut: boolean;
}

export interface Host {
  // Milliseconds that never go back.
  clock(): number;
  // Undefined where there are no files.
  readonly files: Files | undefined;
}

export interface Files {
  // All *.mmtrace files below the folders.
  traces(folders: readonly string[]): Promise<Listing>;
  // Undefined when the file cannot be read any more.
  read(uri: string): Promise<string | undefined>;
}
