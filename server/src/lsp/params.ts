// What a client sent, checked: everything arrives as whatever the client put there. What cannot be used is an
// InvalidParams error; a position beyond the text is its end, as the protocol asks.

import { ErrorCodes, ResponseError } from "vscode-languageserver";
import type { Position } from "../ide/position.ts";
import type { TextEdit } from "../lang/text.ts";

export function invalid(message: string): ResponseError<void> {
  return new ResponseError(ErrorCodes.InvalidParams, message);
}

export function record(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw invalid(`${what} is no object`);
  return value as Readonly<Record<string, unknown>>;
}

export function text(value: unknown, what: string): string {
  if (typeof value !== "string") throw invalid(`${what} is no string`);
  return value;
}

export function uriOf(params: unknown): string {
  const { textDocument } = record(params, "params");
  return text(record(textDocument, "textDocument").uri, "textDocument.uri");
}

export function position(value: unknown): Position {
  const { line, character } = record(value, "position");
  return { line: count(line, "line"), column: count(character, "character") };
}

// The two ends of a range, the earlier one first whatever the client sent.
export function ends(value: unknown): { from: Position; to: Position } {
  const { start, end } = record(value, "range");
  const [from, to] = [position(start), position(end)];
  const swapped = to.line < from.line || (to.line === from.line && to.column < from.column);
  return swapped ? { from: to, to: from } : { from, to };
}

// One entry of contentChanges; undefined `range` replaces the whole text.
export function change(value: unknown): TextEdit | { readonly text: string } {
  const { range, text: inserted } = record(value, "a content change");
  const replacement = text(inserted, "text");
  if (range === undefined || range === null) return { text: replacement };
  return { ...ends(range), text: replacement };
}

export function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw invalid(`${what} is no array`);
  return value;
}

// Positions past the largest count are past the end of every text anyway.
function count(value: unknown, what: string): number {
  if (typeof value !== "number" || Number.isNaN(value)) throw invalid(`${what} is no number`);
  return Math.min(Math.max(0, Math.floor(value)), 2 ** 31 - 1);
}
