// A piece of C that an exported program may need: a function with what it stands on. Only what is needed is written.

export interface Piece {
  readonly name: string;
  readonly includes?: readonly string[];
  // Names of other pieces, which are written before this one.
  readonly needs?: readonly string[];
  readonly text: string;
}

// The text of the pieces, in the order of their table, with all that they need.
export function chosen(table: readonly Piece[], wanted: ReadonlySet<string>): Piece[] {
  const all = new Set<string>();
  const byName = new Map(table.map((piece) => [piece.name, piece]));
  const take = (name: string): void => {
    if (all.has(name)) return;
    all.add(name);
    for (const needed of byName.get(name)?.needs ?? []) take(needed);
  };
  for (const name of wanted) take(name);
  return table.filter((piece) => all.has(piece.name));
}
