// Names and their numbers. A name keeps its number as long as a document is edited, so that statements of different
// versions of a text can be compared.

import { MAIN, type SymbolId } from "./program.ts";

// What binding needs of them.
export interface NameIds {
  id(text: string): SymbolId;
}

export class Names implements NameIds {
  private readonly ids = new Map<string, SymbolId>([["main", MAIN]]);
  private readonly texts: string[] = ["main"];

  get size(): number {
    return this.texts.length;
  }

  id(text: string): SymbolId {
    const known = this.ids.get(text);
    if (known !== undefined) return known;
    const id = this.texts.push(text) - 1;
    this.ids.set(text, id);
    return id;
  }

  // Without making it known.
  find(text: string): SymbolId | undefined {
    return this.ids.get(text);
  }

  text(id: SymbolId): string {
    return this.texts[id];
  }
}
