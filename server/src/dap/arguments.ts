// The arguments of a request, read one by one: what a client sends is checked before it is believed.

import { RequestError } from "./reply.ts";

const EMPTY: Readonly<Record<string, unknown>> = {};

export class Args {
  private readonly values: Readonly<Record<string, unknown>>;
  // How errors call the object: "arguments", "arguments.source".
  private readonly what: string;

  constructor(values: unknown, what = "arguments") {
    if (values !== undefined && values !== null && (typeof values !== "object" || Array.isArray(values))) {
      throw new RequestError("bad-arguments", `${what} is no object`);
    }
    this.values = (values as Record<string, unknown> | null | undefined) ?? EMPTY;
    this.what = what;
  }

  has(key: string): boolean {
    return this.values[key] !== undefined && this.values[key] !== null;
  }

  raw(key: string): unknown {
    return this.values[key] ?? undefined;
  }

  keys(): string[] {
    return Object.keys(this.values);
  }

  integer(key: string): number {
    return this.optionalInteger(key) ?? this.missing(key);
  }

  optionalInteger(key: string): number | undefined {
    const value = this.raw(key);
    if (value === undefined || (typeof value === "number" && Number.isSafeInteger(value))) return value;
    return this.wrong(key, "a whole number");
  }

  // A number at least 0, as counts and starts of pages are.
  optionalCount(key: string): number | undefined {
    const value = this.optionalInteger(key);
    return value !== undefined && value < 0 ? this.wrong(key, "a number that is at least 0") : value;
  }

  // A limit: any number above 0. null is no limit of one's own.
  optionalPositive(key: string): number | undefined {
    const value = this.raw(key);
    if (value === undefined || (typeof value === "number" && Number.isFinite(value) && value > 0)) return value;
    return this.wrong(key, "a number above 0");
  }

  string(key: string): string {
    return this.optionalString(key) ?? this.missing(key);
  }

  optionalString(key: string): string | undefined {
    const value = this.raw(key);
    return value === undefined || typeof value === "string" ? value : this.wrong(key, "a string");
  }

  // false when it is left out, as everywhere in the protocol.
  flag(key: string): boolean {
    const value = this.raw(key);
    if (value === undefined || typeof value === "boolean") return value === true;
    return this.wrong(key, "true or false");
  }

  object(key: string): Args {
    return new Args(this.raw(key), `${this.what}.${key}`);
  }

  list(key: string): Args[] {
    return this.array(key).map((value, i) => new Args(value, `${this.what}.${key}[${i}]`));
  }

  strings(key: string): string[] {
    return this.array(key).map((value) => (typeof value === "string" ? value : this.wrong(key, "a list of strings")));
  }

  integers(key: string): number[] {
    return this.array(key).map((value) =>
      typeof value === "number" && Number.isSafeInteger(value) ? value : this.wrong(key, "a list of whole numbers"),
    );
  }

  private array(key: string): unknown[] {
    const value = this.raw(key);
    if (value === undefined) return [];
    return Array.isArray(value) ? value : this.wrong(key, "a list");
  }

  private missing(key: string): never {
    throw new RequestError("bad-arguments", `${this.what}.${key} is missing`);
  }

  private wrong(key: string, expected: string): never {
    throw new RequestError("bad-arguments", `${this.what}.${key} is not ${expected}`);
  }
}
