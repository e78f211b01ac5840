// Kernel functions that leave a frame on the call stack, and the conditions that they decide by.
//
// A function of the kernel is written `export const do_wp_page = kernelFunction("do_wp_page", "mm/memory.c", (k, …) => …)`:
// its name is a string, since minifiers rename functions, and it is the name that can be found in Linux.

import type { KernelFunction } from "./journal.ts";
import type { Kernel } from "./kernel.ts";

const functions: KernelFunction[] = [];
export const FUNCTIONS: readonly KernelFunction[] = functions;

export function kernelFunction<R>(name: string, file: string, body: (k: Kernel) => R): (k: Kernel) => R;
export function kernelFunction<A, R>(name: string, file: string, body: (k: Kernel, a: A) => R): (k: Kernel, a: A) => R;
export function kernelFunction<A, B, R>(
  name: string,
  file: string,
  body: (k: Kernel, a: A, b: B) => R,
): (k: Kernel, a: A, b: B) => R;
export function kernelFunction<A, B, C, R>(
  name: string,
  file: string,
  body: (k: Kernel, a: A, b: B, c: C) => R,
): (k: Kernel, a: A, b: B, c: C) => R;
export function kernelFunction<A, B, C, D, R>(
  name: string,
  file: string,
  body: (k: Kernel, a: A, b: B, c: C, d: D) => R,
): (k: Kernel, a: A, b: B, c: C, d: D) => R;
export function kernelFunction<A, B, C, D, E, R>(
  name: string,
  file: string,
  body: (k: Kernel, a: A, b: B, c: C, d: D, e: E) => R,
): (k: Kernel, a: A, b: B, c: C, d: D, e: E) => R;
export function kernelFunction<R>(
  name: string,
  file: string,
  body: (k: Kernel, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown) => R,
) {
  const id = functions.length;
  functions.push({ id, name, file });
  return (k: Kernel, a: unknown, b: unknown, c: unknown, d: unknown, e: unknown): R => {
    const up = k.frame;
    k.frame = k.journal.enter(id, up);
    const result = body(k, a, b, c, d, e);
    k.frame = up;
    return result;
  };
}

// A question that the kernel asks, in its own words. Kernel.decide records the answer and the number it looked at.
export interface Condition {
  readonly id: number;
  readonly text: string;
  // What the number is: "refcount", "mapcount", … for the reader of the decision.
  readonly input: string;
}

// Something that the recording says at a place, for the reader: nobody asks it. Kernel.decide records it.
export function remark(text: string): Condition {
  return condition(text, "");
}

const conditions: Condition[] = [];
export const CONDITIONS: readonly Condition[] = conditions;

export function condition(text: string, input: string): Condition {
  const made = { id: conditions.length, text, input };
  conditions.push(made);
  return made;
}
