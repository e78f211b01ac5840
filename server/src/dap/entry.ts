// What the tree of variables is made of: an entry has a name, a value, and perhaps children, which are made when a
// client opens them. Names never hold a value that changes, or the client's tree would collapse at each step.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Poke } from "../run/branch.ts";
import type { WatchedPlace } from "./data_breakpoints.ts";

export interface Entry {
  readonly name: string;
  readonly value: string;
  readonly type?: string;
  readonly hint?: P.VariablePresentationHint;
  // The expression of the language that gives this value again.
  readonly evaluateName?: string;
  readonly memoryReference?: string;
  readonly children?: Children;
  // The value costs more than a look: it is made when the client asks for it.
  readonly lazy?: () => string;
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

export function named(list: () => readonly Entry[]): Children {
  return namedItems(
    list,
    (entry) => entry.name,
    (entry) => entry,
  );
}

// Named children that are made one by one: of many, only those of an open group.
export function namedItems<T>(
  items: () => readonly T[],
  nameOf: (item: T) => string,
  entryOf: (item: T) => Entry,
): Children {
  return {
    kind: "named",
    list: () => {
      const all = items();
      if (all.length <= MOST_NAMED) return all.map(entryOf);
      // Too many for one reply: groups, named after their first and last.
      const size = Math.ceil(all.length / MOST_NAMED);
      return Array.from({ length: Math.ceil(all.length / size) }, (_, i) => {
        const group = all.slice(i * size, (i + 1) * size);
        const name = `${nameOf(group[0])} … ${nameOf(group[group.length - 1])}`;
        const children = namedItems(() => group, nameOf, entryOf);
        return {
          name: group.length === 1 ? nameOf(group[0]) : name,
          value: `${group.length}`,
          hint: { kind: "virtual" },
          children,
        };
      });
    },
  };
}

export function indexed<T>(items: readonly T[], entryOf: (item: T, index: number) => Entry): Children | undefined {
  if (items.length === 0) return undefined;
  return {
    kind: "indexed",
    count: items.length,
    page: (start, count) => items.slice(start, start + count).map((item, i) => entryOf(item, start + i)),
  };
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
