// Which contents hold the same bytes: two writes of the same text make two contents.

import type { Content, Contents } from "./content.ts";

export class SamePages {
  private readonly contents: Contents;
  private readonly known = new Map<number, number>();
  private readonly byHash = new Map<number, number[]>();

  constructor(contents: Contents) {
    this.contents = contents;
  }

  // One of the contents with the same bytes, for all of them the same one.
  of(content: number): number {
    const known = this.known.get(content);
    if (known !== undefined) return known;
    const hash = hashOf(this.contents.get(content));
    const alike = this.byHash.get(hash) ?? [];
    let first = alike.find((other) => this.contents.equal(other, content));
    if (first === undefined) {
      first = content;
      this.byHash.set(hash, [...alike, content]);
    }
    this.known.set(content, first);
    return first;
  }
}

// FNV-1a.
function hashOf(bytes: Content): number {
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash;
}
