// What each name of the trace was bound to, at every step.
//
// A binding holds from the step after the one that made it. A name is bound once, or once a round inside `repeat`, so
// each name keeps its bindings in order and a look-up is a binary search.

import type { Value } from "../lang/value.ts";

interface Bindings {
  // How many steps had run when the binding came into force.
  readonly since: number[];
  readonly values: Value[];
}

export class Names {
  private readonly all = new Map<number, Bindings>();
  // The symbols in the order of their bindings, so that forgetting the newest ones looks at no others.
  private readonly order: number[] = [];

  bind(symbol: number, since: number, value: Value): void {
    let bindings = this.all.get(symbol);
    if (!bindings) {
      bindings = { since: [], values: [] };
      this.all.set(symbol, bindings);
    }
    // A call that fails again and again binds none only once.
    if (value === null && bindings.values[bindings.values.length - 1] === null) return;
    bindings.since.push(since);
    bindings.values.push(value);
    this.order.push(symbol);
  }

  // The newest binding.
  current(symbol: number): Value | undefined {
    return this.all.get(symbol)?.values.at(-1);
  }

  // What the name meant when `steps` steps had run; undefined before its first binding.
  at(symbol: number, steps: number): Value | undefined {
    const bindings = this.all.get(symbol);
    if (!bindings) return undefined;
    return bindings.values[countUpTo(bindings.since, steps) - 1];
  }

  // Forgets the bindings that came into force after `steps` steps.
  truncate(steps: number): void {
    while (this.order.length > 0) {
      const bindings = this.all.get(this.order[this.order.length - 1]);
      if (!bindings || bindings.since[bindings.since.length - 1] <= steps) return;
      bindings.since.pop();
      bindings.values.pop();
      this.order.pop();
    }
  }

  copy(steps: number): Names {
    const copy = new Names();
    const taken = new Map<number, number>();
    for (const symbol of this.order) {
      const bindings = this.all.get(symbol);
      const at = taken.get(symbol) ?? 0;
      if (!bindings || bindings.since[at] > steps) break;
      copy.bind(symbol, bindings.since[at], bindings.values[at]);
      taken.set(symbol, at + 1);
    }
    return copy;
  }
}

// How many of the ascending numbers are at most `bound`.
function countUpTo(ascending: readonly number[], bound: number): number {
  let low = 0;
  let high = ascending.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (ascending[middle] <= bound) low = middle + 1;
    else high = middle;
  }
  return low;
}
