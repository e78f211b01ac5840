// Semantic tokens as the difference to those sent before: the stretch of numbers that changed.

import type { SemanticTokens, SemanticTokensDelta } from "vscode-languageserver";

interface Sent {
  readonly id: string;
  readonly data: readonly number[];
}

export class TokenDeltas {
  private readonly sent = new Map<string, Sent>();
  private ids = 0;

  full(uri: string, data: readonly number[]): SemanticTokens {
    const id = String(++this.ids);
    this.sent.set(uri, { id, data });
    return { resultId: id, data: [...data] };
  }

  // Everything when the client's previous result is not the last one that it got.
  since(uri: string, previous: string, data: readonly number[]): SemanticTokens | SemanticTokensDelta {
    const before = this.sent.get(uri);
    if (before?.id !== previous) return this.full(uri, data);
    const { resultId } = this.full(uri, data);
    const from = commonStart(before.data, data);
    const behind = commonEnd(before.data, data, from);
    const deleteCount = before.data.length - from - behind;
    const inserted = data.slice(from, data.length - behind);
    const edits = deleteCount === 0 && inserted.length === 0 ? [] : [{ start: from, deleteCount, data: inserted }];
    return { resultId, edits };
  }

  forget(uri: string): void {
    this.sent.delete(uri);
  }
}

function commonStart(a: readonly number[], b: readonly number[]): number {
  const shorter = Math.min(a.length, b.length);
  let length = 0;
  while (length < shorter && a[length] === b[length]) length++;
  return length;
}

function commonEnd(a: readonly number[], b: readonly number[], from: number): number {
  const most = Math.min(a.length, b.length) - from;
  let length = 0;
  while (length < most && a[a.length - 1 - length] === b[b.length - 1 - length]) length++;
  return length;
}
