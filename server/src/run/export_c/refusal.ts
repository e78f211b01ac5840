// What makes a trace, or one of its lines, impossible to write as a program of user space.

import type { Problem } from "../../lang/problem.ts";
import type { Range } from "../../lang/text.ts";

// Thrown while a line is translated and turned into a problem of that line.
export class Refusal extends Error {
  override readonly name = "Refusal";
}

export function refuse(why: string): never {
  throw new Refusal(why);
}

// A check that user space cannot make: it becomes a comment that says why.
export class Unseen extends Error {
  override readonly name = "Unseen";
}

export function unseen(why: string): never {
  throw new Unseen(why);
}

export function problemAt({ line, start, end }: Range, message: string): Problem {
  return { range: { line, start, end }, code: "not-exportable", severity: "error", message };
}
