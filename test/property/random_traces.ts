// Random traces: programs of the language over every operation that is simulated, made while they run, so that each names
// only what exists and expects the refusals and signals that come.
//
// What an operation takes is read off the table of operations: one that gets simulated joins by itself.

import fc from "fast-check";
import { analyse } from "../../server/src/lang/document.ts";
import { OPS, type OpSpec, type Param } from "../../server/src/lang/ops.ts";
import { absent } from "../../server/src/lang/since.ts";
import type { Address, Value } from "../../server/src/lang/value.ts";
import { protection, wordsOf } from "../../server/src/lang/words.ts";
import { type Kernel, KTHREAD } from "../../server/src/mm/kernel.ts";
import type { Model } from "../../server/src/mm/model.ts";
import { mmOf, vmaAt } from "../../server/src/mm/observe.ts";
import { SIGNALS } from "../../server/src/mm/outcome.ts";
import { new_task } from "../../server/src/mm/syscalls.ts";
import { run } from "../../server/src/run/run.ts";
import { signalName } from "../../server/src/run/steps.ts";

// What one statement is made of: an operation, and numbers that choose its arguments, each modulo what there is.
export interface Choice {
  readonly op: number;
  readonly picks: readonly number[];
}

const PICKS = 10;
const choice = fc.record({
  op: fc.nat(9999),
  picks: fc.array(fc.nat(9999), { minLength: PICKS, maxLength: PICKS }),
});
export const choices = fc.array(choice, { minLength: 1, maxLength: 60, size: "max" });

// Operations that make sequences interesting stand for more than one share.
const SHARES: Readonly<Record<string, number>> = { mmap: 3, read: 4, write: 8, fork: 3, pin_user_pages: 2, swapout: 2 };
const MOST_TASKS = 5;
const MOST_MAPPINGS = 8;
// A program gives back what it takes: with so many at hand it mostly releases or closes one instead.
const MOST_PINS = 8;
const MOST_FILES = 8;
const PAGE = 4096n;

interface Named<T> {
  readonly name: string;
  readonly value: T;
}

// An argument as the trace says it and as the operation gets it.
interface Argument {
  readonly text: string;
  readonly value: Value;
}

export function operationsOf(model: Model): OpSpec[] {
  return [...OPS.values()]
    .filter((spec) => spec.simulated && !absent(model.name, spec))
    .flatMap((spec) => Array.from({ length: SHARES[spec.name] ?? 1 }, () => spec));
}

// The trace that the choices make under the model. `only` narrows the operations; with `most` of them it ends.
export function traceOf(model: Model, made: Iterable<Choice>, only?: readonly string[], most?: number): string {
  const head = `kernel ${model.name}\nmachine memory=64M swap=16M\n`;
  return head + new Author(model, head, only).lines(made, most).join("");
}

class Author {
  private readonly k: Kernel;
  private readonly ops: readonly OpSpec[];
  private mappings: Named<Address>[] = [];
  private files: Named<number>[] = [];
  private pins: Named<number>[] = [];
  private tasks: Named<number>[] = [{ name: "main", value: 0 }];
  private picks: readonly number[] = [];
  private at = 0;
  private names = 0;

  constructor(model: Model, head: string, only: readonly string[] | undefined) {
    this.k = run(analyse(head).program, { model: model.name }).kernel;
    this.ops = operationsOf(model).filter((spec) => only === undefined || only.includes(spec.name));
  }

  lines(made: Iterable<Choice>, most = Number.POSITIVE_INFINITY): string[] {
    const lines = [...this.line(OPS.get("mmap"), []), ...this.line(OPS.get("mmap"), [])];
    for (const { op, picks } of made) {
      if (lines.length >= most) break;
      lines.push(...this.line(this.ops[op % this.ops.length], picks));
    }
    return lines;
  }

  private pick(of: number): number {
    const pick = this.picks[this.at++] ?? 0;
    return of === 0 ? 0 : pick % of;
  }

  private line(chosen: OpSpec | undefined, picks: readonly number[]): string[] {
    if (!chosen) return [];
    this.picks = picks;
    this.at = 0;
    const spec = this.rather(chosen);
    if (this.tasks.length === 0) {
      const name = this.fresh();
      this.tasks.push({ name, value: new_task(this.k, name) });
      return [`process ${name}\n`];
    }
    if (spec.result === "process" && this.tasks.length >= MOST_TASKS) return [];
    if (spec.name === "mmap" && this.mappings.length >= MOST_MAPPINGS && this.pick(4) > 0) return [];
    if ((spec.name === "exit" || spec.name === "execve") && this.pick(3) > 0) return [];
    let who = this.tasks[this.pick(this.tasks.length)];
    const texts: string[] = [];
    const args: (Value | undefined)[] = [];
    for (const param of spec.params) {
      const argument = this.wanted(spec, param) ? this.argument(spec, param) : undefined;
      if (param.required && argument === undefined) return [];
      args.push(argument?.value);
      // Arguments by position come before those by name.
      const positional = param.required && !texts.some((text) => text.includes("="));
      if (argument) texts.push(positional ? argument.text : `${param.name}=${argument.text}`);
      // Mostly somebody does it who has the memory.
      if (param.of.kind === "address" && argument && this.pick(8) > 0) who = this.whoHas(argument.value) ?? who;
    }
    return this.perform(spec, who, texts, args);
  }

  // What the chosen operation would make too many of is given back, and what no process has any more is mapped anew.
  private rather(spec: OpSpec): OpSpec {
    const rather = (name: string) => this.ops.find((other) => other.name === name) ?? spec;
    const full =
      (spec.result === "pin" && this.pins.length >= MOST_PINS && "release") ||
      (spec.result === "file" && this.files.length >= MOST_FILES && "close") ||
      (spec.result === "process" && this.tasks.length >= MOST_TASKS && "exit");
    if (full) return this.pick(4) > 0 ? rather(full) : spec;
    return this.mappings.length === 0 && spec.params.some(({ of }) => of.kind === "address") ? rather("mmap") : spec;
  }

  private perform(spec: OpSpec, who: Named<number>, texts: string[], args: (Value | undefined)[]): string[] {
    const { k } = this;
    const name = spec.result === undefined ? undefined : this.fresh();
    k.outcome = 0;
    k.killed = [];
    k.current = spec.group === "The kernel's own work" ? KTHREAD : who.value;
    const { value, errno, fault } = spec.run({ k, task: who.value, args, name });
    k.current = KTHREAD;
    if (fault) return [];
    const signal = k.outcome & SIGNALS ? signalName(k.outcome) : undefined;
    const end = errno ?? signal;
    if (name !== undefined && value !== undefined && value !== null) this.bind(name, value);
    this.bury();
    const target = name === undefined ? "" : `${name} = `;
    return [`${who.name}: ${target}${spec.name}(${texts.join(", ")})${end === undefined ? "" : ` -> ${end}`}\n`];
  }

  private bind(name: string, value: Value): void {
    if (typeof value !== "object" || value === null) return;
    if (value.kind === "address") this.mappings.push({ name, value });
    else if (value.kind === "file") this.files.push({ name, value: value.file });
    else if (value.kind === "pin") this.pins.push({ name, value: value.pin });
    else if (value.kind === "process") this.tasks.push({ name, value: value.task });
  }

  private bury(): void {
    this.tasks = this.tasks.filter(({ value }) => this.k.w.task.alive.data[value] === 1);
    this.pins = this.pins.filter(({ value }) => this.k.w.pin.live.data[value] === 1);
    // Now and then a name outlives what it names.
    if (this.pick(4) > 0) return;
    this.files = this.files.filter(({ value }) => this.k.w.file.open.data[value] > 0 || this.pick(8) === 0);
    this.mappings = this.mappings.filter(({ value }) => this.whoHas(value) !== undefined);
  }

  private whoHas(value: Value): Named<number> | undefined {
    if (typeof value !== "object" || value?.kind !== "address") return undefined;
    const have = this.tasks.filter(
      ({ value: task }) => vmaAt(this.k, mmOf(this.k, task), Number(value.at / PAGE)) >= 0,
    );
    return have[this.pick(have.length)];
  }

  // Whether a parameter that may be left out is given.
  private wanted(spec: OpSpec, param: Param): boolean {
    if (param.required || param.of.kind === "length") return true;
    return spec.name === "mmap" && param.name === "flags" ? true : this.pick(3) === 0;
  }

  private argument(spec: OpSpec, param: Param): Argument | undefined {
    const { of } = param;
    switch (of.kind) {
      case "address": {
        const from = this.mappings[this.pick(this.mappings.length)];
        if (from === undefined) return undefined;
        const page = BigInt(this.pick(Number((from.value.end - from.value.start) / PAGE)));
        return {
          text: page === 0n ? from.name : `${from.name}[${page}]`,
          value: { ...from.value, at: from.value.at + page * PAGE },
        };
      }
      case "length":
      case "size":
        return this.pages(1 + this.pick(8));
      case "number":
        return param.name === "offset" ? this.pages(this.pick(4)) : this.number(1 + this.pick(32));
      case "value":
        return this.number(this.pick(256));
      case "string":
        return { text: '"ab"', value: "ab" };
      case "prot": {
        const prot = ["rw", "rw", "rw", "r", "none", "rx"][this.pick(6)];
        return { text: prot, value: protection(prot) ?? null };
      }
      case "process":
        return this.named(this.tasks, (task) => ({ kind: "process", task }));
      case "file":
        return this.named(this.files, (file) => ({ kind: "file", file }));
      case "pin":
        return this.named(this.pins, (pin) => ({ kind: "pin", pin }));
      case "word":
      case "flags": {
        const known = of.words.filter((word) => word.simulated && !absent(this.k.model.name, word));
        const names =
          spec.name === "mmap"
            ? this.mapFlags()
            : this.some(
                known.map(({ name }) => name),
                of.kind,
              );
        const words = known.filter(({ name }) => names.includes(name));
        if (words.length === 0) return undefined;
        return { text: words.map(({ name }) => name).join("|"), value: wordsOf(words) };
      }
    }
  }

  // Mostly flags that make a mapping: the file, if any, comes after them.
  private mapFlags(): string[] {
    const kinds = ["private|anonymous", "private|anonymous", "shared|anonymous", "private", "shared"];
    const extra = ["", "", "", "populate", "fixed"][this.pick(5)];
    return [...kinds[this.pick(kinds.length)].split("|"), extra];
  }

  private some(names: readonly string[], kind: "word" | "flags"): string[] {
    const first = names[this.pick(names.length)];
    return kind === "word" || this.pick(2) === 0 ? [first] : [first, names[this.pick(names.length)]];
  }

  private pages(pages: number): Argument {
    return { text: pages === 0 ? "0" : `${pages * 4}K`, value: BigInt(pages) * PAGE };
  }

  private number(number: number): Argument {
    return { text: String(number), value: BigInt(number) };
  }

  private named(from: readonly Named<number>[], value: (row: number) => Value): Argument | undefined {
    const one = from[this.pick(from.length)];
    return one && { text: one.name, value: value(one.value) };
  }

  private fresh(): string {
    return `n${this.names++}`;
  }
}
