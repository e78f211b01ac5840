// Chance that can be repeated: the same seed gives the same numbers on every machine.

// A whole number from 0 up to, and without, `below`.
export type Random = (below: number) => number;

// The finisher of splitmix32 over a Weyl sequence; 2^32 numbers before it begins anew.
export function random(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x9e3779b9) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return ((mixed ^ (mixed >>> 15)) >>> 0) % below;
  };
}

// The seed of one of many traces, so that each can be made again without those before it.
export function seedOf(seed: number, index: number): number {
  return (Math.imul(seed, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)) >>> 0;
}
