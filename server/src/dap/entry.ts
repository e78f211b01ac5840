// What the tree of variables is made of: an entry has a name, a value, and perhaps children, which are made when a
// client opens them. Names never hold a value that changes, or the client's tree would collapse at each step.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Poke } from "../run/branch.ts";
import type { WatchedPlace } from "./dataBreakpoints.ts";

export interface Entry {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  readonly hint?: P.VariablePresentationHint;
  // The expression of the language that gives this value again.
  readonly evaluateName?: string;
  readonly memoryReference?: string;
  readonly children?: Children;
  // What a data breakpoint on the entry watches.
  readonly watched?: () => readonly WatchedPlace[];
  // The writes that give it the value that the text means; absent when it cannot be set.
  readonly set?: (text: string) => readonly Poke[];
}

// Either named children, all at once, or many of a kind, which are given in pages.
export type Children =
  | { readonly kind: "named"; list(): Entry[] }
  | { readonly kind: "indexed"; readonly count: number; page(start: number, count: number): Entry[] };

// Never more in one reply, even to a client that cannot page.
export const LONGEST_PAGE = 512;
export const MOST_NAMED = 99;

export function named(list: () => Entry[]): Children {
  return { kind: "named", list: () => grouped(list()) };
}

export function indexed<T>(items: readonly T[], entryOf: (item: T, index: number) => Entry): Children | undefined {
  if (items.length === 0) return undefined;
  return {
    kind: "indexed",
    count: items.length,
    page: (start, count) => items.slice(start, start + count).map((item, i) => entryOf(item, start + i)),
  };
}

// Named children that are too many for one reply stand in groups, named after their first and last.
function grouped(entries: Entry[]): Entry[] {
  if (entries.length <= MOST_NAMED) return entries;
  const size = Math.ceil(entries.length / MOST_NAMED);
  const groups: Entry[] = [];
  for (let at = 0; at < entries.length; at += size) {
    const group = entries.slice(at, at + size);
    const name = group.length === 1 ? group[0].name : `${group[0].name} … ${group[group.length - 1].name}`;
    groups.push({ name, value: "", hint: { kind: "virtual" }, children: named(() => group) });
  }
  return groups;
}

// The entries of a page of children: all named ones, or indexed ones from `start` on.
export function pageOf(children: Children, filter: string | undefined, start: number, count: number): Entry[] {
  if (children.kind === "named") {
    if (filter === "indexed") return [];
    const list = children.list();
    return start === 0 && count === 0 ? list : list.slice(start, start + (count || LONGEST_PAGE));
  }
  if (filter === "named") return [];
  return children.page(start, Math.min(count || LONGEST_PAGE, LONGEST_PAGE));
}
