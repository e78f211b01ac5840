// Two ascending lists, side by side.
export function* pairs<T>(
  a: readonly T[],
  b: readonly T[],
  of: (one: T) => number,
): Generator<[T, T] | [T, undefined] | [undefined, T]> {
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    const left = i < a.length ? of(a[i]) : Number.POSITIVE_INFINITY;
    const right = j < b.length ? of(b[j]) : Number.POSITIVE_INFINITY;
    if (left === right) yield [a[i++], b[j++]];
    else if (left < right) yield [a[i++], undefined];
    else yield [undefined, b[j++]];
  }
}
