// Who knows a name: the process that bound it, those forked from it later, and nobody else. What others use stands in
// the shared page.

import type { Program, Statement, SymbolId } from "../../lang/program.ts";
import { MAIN } from "../../lang/program.ts";

interface Birth {
  readonly parent: SymbolId;
  readonly at: number;
}

export class Scopes {
  // Processes by their symbols: when fork made them; at -1 with itself as the parent for one that is there from the start.
  readonly births = new Map<SymbolId, Birth>([[MAIN, { parent: MAIN, at: -1 }]]);
  readonly bindings = new Map<SymbolId, { readonly by: SymbolId; readonly at: number }>();
  // Counters of `repeat`, with the statements between which they count.
  readonly counters = new Map<SymbolId, { readonly from: number; readonly to: number }>();

  constructor({ statements }: Program) {
    for (const [at, statement] of statements.entries()) this.note(statement, at);
  }

  private note(statement: Statement, at: number): void {
    if (statement.kind === "process") this.births.set(statement.symbol, { parent: statement.symbol, at: -1 });
    else if (statement.kind === "repeat") {
      if (statement.name !== undefined) this.counters.set(statement.name, { from: at, to: statement.close });
    } else if (statement.kind === "operation" && statement.target !== undefined) {
      const by = statement.process ?? MAIN;
      if (statement.op.result === "process") this.births.set(statement.target, { parent: by, at });
      this.bindings.set(statement.target, { by, at });
    }
  }

  // Whether the process has the value in its own variables at statement `at`.
  knows(process: SymbolId, symbol: SymbolId, at: number): boolean {
    const binding = this.bindings.get(symbol);
    let who = process;
    let when = at;
    while (binding && who !== binding.by) {
      const birth = this.births.get(who);
      if (!birth || birth.at < 0 || birth.at >= when) return false;
      who = birth.parent;
      when = birth.at;
    }
    return binding !== undefined && binding.at <= when;
  }
}
