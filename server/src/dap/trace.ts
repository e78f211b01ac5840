// The trace that is debugged: its text, and how a client calls it.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Program } from "../lang/program.ts";

// The document of a trace that is no file: one that the importer made of a log.
export const TRACE_REFERENCE = 2 ** 30;

export interface Trace {
  // `program` of the launch, exactly as it was given.
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  // Whether the text was made from the file at the path and is not what stands in it.
  readonly imported: boolean;
}

export function lineText(trace: Trace, line: number): string {
  return linesOf(trace)[line] ?? "";
}

// The statement as it is written, without what it is expected to come to.
export function statementText(trace: Trace, statement: number): string {
  const bound = trace.program.statements[statement];
  const text = lineText(trace, bound.line);
  const expected = bound.kind === "operation" ? bound.expected : undefined;
  if (!expected) return text.slice(bound.start, bound.end);
  return text.slice(bound.start, expected.start).replace(/\s*->\s*$/, "");
}

export function traceSource(trace: Trace): P.Source {
  const name = nameOf(trace.path);
  if (!trace.imported) return { name, path: trace.path };
  return {
    name: `${name} (imported).mmtrace`,
    sourceReference: TRACE_REFERENCE,
    origin: `imported from ${trace.path}`,
  };
}

// Whether the client's source is this trace.
export function isTrace(trace: Trace, path: string | undefined, reference: number | undefined): boolean {
  if (reference !== undefined && reference > 0) return trace.imported && reference === TRACE_REFERENCE;
  return path !== undefined && !trace.imported && samePath(path, trace.path);
}

// Clients write a drive's letter in either case and mix slashes.
export function samePath(a: string, b: string): boolean {
  return a === b || normal(a) === normal(b);
}

function normal(path: string): string {
  return path.replaceAll("\\", "/").replace(/^\/?([A-Za-z]):/, (_, drive: string) => `${drive.toLowerCase()}:`);
}

export function nameOf(path: string): string {
  return path.split(/[\\/]/).findLast((part) => part !== "") ?? path;
}

const lines = new WeakMap<Trace, string[]>();

function linesOf(trace: Trace): string[] {
  let known = lines.get(trace);
  if (!known) {
    known = trace.text.split(/\r?\n/);
    lines.set(trace, known);
  }
  return known;
}
