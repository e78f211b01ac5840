// Numbers that stand for something of ours in the client: frames, variables. They die when the debugger moves, and a
// dead number is refused: numbers are never used twice, so an old one cannot mean something new.

import { RequestError } from "./reply.ts";

export class References<T> {
  private readonly what: string;
  private first = 1;
  private values: T[] = [];

  constructor(what: string) {
    this.what = what;
  }

  add(value: T): number {
    return this.first + this.values.push(value) - 1;
  }

  get(reference: number): T {
    const value = this.values[reference - this.first];
    if (value === undefined) {
      throw new RequestError("stale-reference", `${this.what} ${reference} does not exist, or no longer`);
    }
    return value;
  }

  clear(): void {
    this.first += this.values.length;
    this.values = [];
  }
}
