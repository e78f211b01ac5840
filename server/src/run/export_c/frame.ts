// What translating the lines shares: names, what the program needs around them, and who is alive.

import type { Expr, Program, SymbolId } from "../../lang/program.ts";
import { MAIN } from "../../lang/program.ts";
import { DEFAULT_MACHINE } from "../../mm/machine.ts";
import type { ModelName } from "../../mm/releases.ts";
import type { Identifiers } from "./names.ts";
import { refuse } from "./refusal.ts";
import type { Scopes } from "./scope.ts";

export type PinKind = "pipe" | "ring";

export class Frame {
  readonly program: Program;
  readonly model: ModelName;
  readonly scopes: Scopes;
  readonly includes = new Set<string>();
  // Constants that older headers lack, with their values.
  readonly constants = new Map<string, number>();
  // What must be there for the program to be worth running, in C, with the reason.
  readonly requirements = new Map<string, string>();
  // Names that some other process than their own looks at, and names that are read at all.
  shared: ReadonlySet<SymbolId>;
  readonly read: ReadonlySet<SymbolId>;
  // A private mapping of a file, whose first write copies.
  privateFiles = false;
  // Some memory is to have transparent huge pages, or takes those of the pool.
  hugePages = false;
  hugetlb = false;
  readonly pins = new Map<SymbolId, { readonly kind: PinKind; readonly owner: SymbolId }>();
  // Pins that are rings, released or not.
  readonly rings = new Set<SymbolId>();
  readonly processes = new Map<SymbolId, string>();
  // Processes that have not ended yet, in the order of their making.
  living: SymbolId[] = [MAIN];
  // Who did the last operation.
  last: SymbolId = MAIN;
  lastIsAccess = false;
  // Mappings may lie anywhere, so that a sum over the story's own is not possible.
  scattered = false;
  // Index of the statement that is translated.
  at = 0;
  private readonly variables = new Map<SymbolId, string>();

  // `shared` and `read` are what an earlier translation has found.
  constructor(
    program: Program,
    model: ModelName,
    scopes: Scopes,
    identifiers: Identifiers,
    shared: ReadonlySet<SymbolId>,
    read: ReadonlySet<SymbolId>,
  ) {
    this.shared = shared;
    this.read = read;
    this.program = program;
    this.model = model;
    this.scopes = scopes;
    for (const symbol of program.symbols) {
      if (scopes.births.has(symbol.id)) this.processes.set(symbol.id, identifiers.process(symbol.name));
      else if (scopes.bindings.has(symbol.id) || scopes.counters.has(symbol.id))
        this.variables.set(symbol.id, identifiers.variable(symbol.name));
    }
  }

  // Whether LRU batches are emptied before each step.
  get drained(): boolean {
    return !this.program.machine.some(({ key, value }) => key === "lru_batch" && value === "on");
  }

  // Huge pages of the pool that the machine has.
  get poolPages(): string {
    const said = this.program.machine.find(({ key }) => key === "hugetlb_pages");
    return said?.value ?? `${DEFAULT_MACHINE.hugetlb_pages}`;
  }

  process(symbol: SymbolId): string {
    return this.processes.get(symbol) ?? refuse(`${this.name(symbol)} is no process that fork makes`);
  }

  name(symbol: SymbolId): string {
    return this.program.symbols[symbol]?.name ?? "?";
  }

  // The variable as the process that runs the line reads it.
  variable(symbol: SymbolId, by: SymbolId): string {
    const own = this.variables.get(symbol) ?? refuse(`nothing binds ${this.name(symbol)}`);
    const counter = this.scopes.counters.get(symbol);
    if (counter) {
      if (this.at < counter.from || this.at > counter.to) refuse(`${own} is used outside of its repeat`);
      return own;
    }
    if (!this.scopes.knows(by, symbol, this.at)) this.shared = new Set([...this.shared, symbol]);
    return this.place(symbol);
  }

  // Where the value stands.
  place(symbol: SymbolId): string {
    const own = this.variables.get(symbol) ?? "";
    return this.shared.has(symbol) ? `shared->${own}` : own;
  }

  ownName(symbol: SymbolId): string {
    return this.variables.get(symbol) ?? "";
  }

  // The process that an expression names.
  processOf(expr: Expr): SymbolId {
    if (expr.kind === "name" && this.processes.has(expr.symbol)) return expr.symbol;
    return refuse("the process must be given by its name");
  }
}
