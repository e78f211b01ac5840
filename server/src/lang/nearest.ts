// Did you mean: the known word that is nearest to one that is not known.

// The nearest of `known`, or undefined when none is near enough to be meant. Of several as near, the first in the
// alphabet: the answer does not depend on their order.
export function nearest(word: string, known: Iterable<string>): string | undefined {
  // A word of one letter is near to nothing.
  if (word.length < 2 || word.length > 40) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3));
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > least) continue;
    const apart = distance(lower, candidate.toLowerCase());
    if (apart > least || (apart === least && best !== undefined && best <= candidate)) continue;
    least = apart;
    best = candidate;
  }
  return best;
}

// Edits between two words: insertions, deletions, replacements, and two neighbours exchanged.
function distance(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(last[j] + 1, row[j - 1] + 1, last[j - 1] + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j], before[j - 2] + 1);
    }
    before = last;
    last = row;
  }
  return last[b.length];
}

// `a`, `b` and `c`
export function listed(words: readonly string[], joint = "and"): string {
  const quoted = words.map((word) => `\`${word}\``);
  if (quoted.length < 2) return quoted.join("");
  return `${quoted.slice(0, -1).join(", ")} ${joint} ${quoted[quoted.length - 1]}`;
}
