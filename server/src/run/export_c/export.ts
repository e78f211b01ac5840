// A trace as one C program in the manner of the kernel's selftests: TAP, and a test for each check and each outcome that
// user space can observe.
//
// All processes of the trace walk through one function, story(), in which each step is done by the process whose line it
// is; so the program reads in the order of the trace.

import { parseLine } from "../../lang/parse.ts";
import type { Problem } from "../../lang/problem.ts";
import type { Statement, SymbolId } from "../../lang/program.ts";
import { MAIN } from "../../lang/program.ts";
import { matches } from "../../lang/when.ts";
import type { ModelName } from "../../mm/releases.ts";
import { releaseOf } from "../../mm/releases.ts";
import type { Recording } from "../recording.ts";
import { statementText } from "../statement_text.ts";
import { NOT_DONE } from "../steps.ts";
import { check } from "./check.ts";
import { assembled, PIECE_NAMES } from "./file.ts";
import { Frame } from "./frame.ts";
import { machineProblems } from "./machine.ts";
import { Identifiers } from "./names.ts";
import { type Emitted, operation } from "./operation.ts";
import { problemAt, Refusal } from "./refusal.ts";
import { Scopes } from "./scope.ts";
import { bare, comment, stripped } from "./text.ts";
import { numeric } from "./value.ts";

export interface Exported {
  // Empty when there are problems.
  readonly text: string;
  readonly problems: readonly Problem[];
  readonly tests: number;
  // Checks, or parts of them, that only a comment tells of.
  readonly unseen: readonly { readonly line: number; readonly why: string }[];
}

// A longer program is nothing that a person would read, and a longer run nothing that they would wait for.
const MOST_STATEMENTS = 5000;
const MOST_STEPS = 100_000;

// `recording` is the trace's run under the model that the program is written for.
export function exportC(name: string, lines: readonly string[], recording: Recording): Exported {
  const { program } = recording;
  const problems = [...machineProblems(program), ...sizeProblems(recording), ...deadLines(recording)];
  if (problems.length > 0) return { text: "", problems, tests: 0, unseen: [] };
  const scopes = new Scopes(program);
  const model = recording.model.name as ModelName;
  const executed = executions(recording);
  let shared: ReadonlySet<SymbolId> = new Set();
  let read: ReadonlySet<SymbolId> = new Set(program.symbols.map(({ id }) => id));
  // What a first translation finds of names decides how the last one writes them.
  for (let pass = 0; ; pass++) {
    const frame = new Frame(program, model, scopes, new Identifiers(PIECE_NAMES), shared, read);
    const story = new Story(frame, lines, executed);
    story.tell();
    if (story.problems.length > 0) return { text: "", problems: story.problems, tests: 0, unseen: [] };
    const code = story.out.join("\n");
    const found = readNames(code, frame);
    if (pass > 0 && same(found, read) && same(frame.shared, shared)) {
      const text = assembled(frame, { name, model, code, plan: story.plan, unseen: story.unseen, intro: intro(lines) });
      return { text, problems: [], tests: story.plan, unseen: story.unseen };
    }
    read = found;
    shared = frame.shared;
  }
}

class Story {
  readonly out: string[] = [];
  readonly problems: Problem[] = [];
  readonly unseen: { line: number; why: string }[] = [];
  plan = 0;
  private readonly frame: Frame;
  private readonly lines: readonly string[];
  private readonly executed: Int32Array;
  private depth = 1;
  // What refused lines would have bound.
  private readonly missing = new Set<SymbolId>();

  constructor(frame: Frame, lines: readonly string[], executed: Int32Array) {
    this.frame = frame;
    this.lines = lines;
    this.executed = executed;
  }

  tell(): void {
    const { statements } = this.frame.program;
    for (const statement of statements) {
      if (statement.kind === "process") this.frame.living = [...this.frame.living, statement.symbol];
    }
    for (const [at, statement] of statements.entries()) {
      this.frame.at = at;
      try {
        this.statement(statement, at);
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        if (!this.follows(statement)) this.problems.push(problemAt(statement, `cannot be exported: ${error.message}`));
        if (statement.kind === "operation" && statement.target !== undefined) this.missing.add(statement.target);
      }
    }
  }

  // Whether the line names what an earlier line was to make and could not: that one is the problem.
  private follows(statement: Statement): boolean {
    if (statement.kind !== "operation") return false;
    return statement.args.some((arg) => arg?.kind === "name" && this.missing.has(arg.symbol));
  }

  private statement(statement: Statement, at: number): void {
    const number = statement.line + 1;
    const line = this.lines[statement.line] ?? "";
    const text = statementText(statement, line);
    switch (statement.kind) {
      case "process":
        if (this.depth > 1) throw new Refusal("a process of a repeat would have to be there from the start");
        this.put([this.comment(statement, text, "there from the start, with nothing mapped")]);
        return;
      case "repeat": {
        const counter = statement.name === undefined ? undefined : this.frame.ownName(statement.name);
        const variable = counter ?? `round${this.depth}`;
        const start = counter === undefined ? `unsigned long ${variable} = 0` : `${variable} = 0`;
        const count = bare(numeric(statement.count, this.frame, MAIN));
        this.put([this.comment(statement, text), `for (${start}; ${variable} < ${count}; ${variable}++) {`]);
        this.depth++;
        return;
      }
      case "end":
        this.depth--;
        if (this.out.at(-1) === "") this.out.pop();
        this.put(["}"]);
        return;
      case "operation": {
        const { frame } = this;
        const by = statement.process ?? MAIN;
        this.put([
          this.comment(statement, text),
          ...this.counted(operation({ frame, statement, by, text, number }), at),
        ]);
        return;
      }
      case "expect": {
        if (statement.when && !matches(statement.when, this.frame.model)) {
          this.put([this.comment(statement, text, `not under ${this.frame.model}`)]);
          return;
        }
        const emitted = check(statement, this.frame, { number, text });
        if (emitted.unseen !== undefined) this.unseen.push({ line: number, why: emitted.unseen });
        const why =
          emitted.unseen === undefined
            ? undefined
            : `${emitted.tests > 0 ? "in part " : ""}not tested: ${emitted.unseen}`;
        this.put([this.comment(statement, text, why), ...this.counted(emitted, at)]);
      }
    }
  }

  private counted(emitted: Emitted, at: number): readonly string[] {
    this.plan += emitted.tests * this.executed[at];
    return emitted.lines;
  }

  private comment({ line }: Statement, text: string, more?: string): string {
    const remark = remarkOf(this.lines[line] ?? "");
    const parts = [`${line + 1}: ${text}`, ...(remark === "" ? [] : [remark]), ...(more === undefined ? [] : [more])];
    return `/* ${comment(parts.join(" -- "))} */`;
  }

  private put(lines: readonly string[]): void {
    const tabs = "\t".repeat(this.depth);
    this.out.push(...lines.map((line) => `${tabs}${line}`), "");
  }
}

// Comments before the first statement, or the file's first ones.
function intro(lines: readonly string[]): string[] {
  const all: string[] = [];
  for (const line of lines) {
    if (/^\s*(kernel|machine|mmtrace)\b/.test(line)) continue;
    if (!/^\s*#/.test(line)) break;
    all.push(comment(remarkOf(line)));
  }
  return all;
}

function remarkOf(line: string): string {
  const { comment: span } = parseLine(line);
  return span === undefined ? "" : line.slice(span.start + 1, span.end).trim();
}

// Names whose value the code asks for, rather than sets.
function readNames(code: string, frame: Frame): Set<SymbolId> {
  const asked = new Set<string>();
  for (const [, name] of stripped(code).matchAll(/([A-Za-z_]\w*)\b(?! = )/g)) asked.add(name);
  return new Set(frame.program.symbols.flatMap(({ id }) => (asked.has(frame.ownName(id)) ? [id] : [])));
}

function same<T>(a: ReadonlySet<T>, b: ReadonlySet<T>): boolean {
  return a.size === b.size && [...a].every((each) => b.has(each));
}

// How often each statement ran.
function executions({ steps, program }: Recording): Int32Array {
  const executed = new Int32Array(program.statements.length);
  for (let step = 0; step < steps.length; step++) executed[steps.statement(step)]++;
  return executed;
}

function sizeProblems({ program, steps, limit, model }: Recording): Problem[] {
  const { statements } = program;
  if (statements.length > MOST_STATEMENTS)
    return [problemAt(statements[MOST_STATEMENTS], `the C would be too long: more than ${MOST_STATEMENTS} statements`)];
  if (steps.length > MOST_STEPS)
    return [
      problemAt(statements[steps.statement(MOST_STEPS)], `the C would run too long: more than ${MOST_STEPS} steps`),
    ];
  if (limit) return [problemAt(statements[limit.statement], `the run stopped here: ${limit.message}`)];
  if (releaseOf(model.name) === undefined && statements.length > 0)
    return [problemAt(program.kernels[0] ?? statements[0], `${model.name} is a proposal, which no kernel is`)];
  return [];
}

// Nobody is there to do these lines.
function deadLines({ program, steps }: Recording): Problem[] {
  const lines = new Set<number>();
  for (let step = 0; step < steps.length; step++) if (steps.bits(step) & NOT_DONE) lines.add(steps.statement(step));
  return [...lines].map((at) =>
    problemAt(program.statements[at], "cannot be exported: the run under the model does not do this line"),
  );
}
