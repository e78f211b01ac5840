// Random traces: programs of the language, made while they run, so that each names only what exists and says what it comes
// to.
//
// What an operation takes is read off the table of operations: one that gets simulated joins by itself.

import { analyse } from "../../lang/document.ts";
import { OPS, type OpSpec, type Param } from "../../lang/ops.ts";
import { absent } from "../../lang/since.ts";
import type { Value } from "../../lang/value.ts";
import { type Kernel, KTHREAD } from "../../mm/kernel.ts";
import type { Model } from "../../mm/model.ts";
import { mmOf, vmaAt } from "../../mm/observe.ts";
import { new_task } from "../../mm/syscalls.ts";
import { run } from "../run.ts";
import { type Argument, argumentOf, type Named, type Things, type Wish } from "./arguments.ts";
import { cameTo } from "./came_to.ts";
import type { Choice } from "./choice.ts";
import { EVERYTHING, type Profile } from "./profile.ts";

export interface Wanted {
  readonly profile?: Profile;
  // Names of the operations that may come; all that the profile has without it.
  readonly only?: readonly string[];
  // Further models that are to know everything that the trace uses.
  readonly alsoFor?: readonly Model[];
  // Operations with which the trace ends.
  readonly most?: number;
}

// The trace that the choices make under the model.
export function traceOf(model: Model, made: Iterable<Choice>, wanted: Wanted = {}): string {
  const { machine } = wanted.profile ?? EVERYTHING;
  const head = `kernel ${model.name}\n${machine === undefined ? "" : `machine ${machine}\n`}`;
  return head + new Author(model, head, wanted).lines(made, wanted.most).join("");
}

// One operation of a phrase, with the flags or the word that it is to have.
interface Step {
  readonly spec: OpSpec;
  readonly word: string | undefined;
  // To the whole mapping.
  readonly whole: boolean;
}

class Author {
  private readonly k: Kernel;
  private readonly profile: Profile;
  private readonly models: readonly Model[];
  private readonly tickets: readonly (readonly Step[])[];
  private things: Things = { mappings: [], files: [], pins: [], tasks: [{ name: "main", value: 0 }], focus: undefined };
  // The rest of a phrase.
  private rest: readonly Step[] = [];
  private picks: readonly number[] = [];
  private at = 0;
  private readonly names = new Map<string, number>();

  constructor(model: Model, head: string, { profile = EVERYTHING, only, alsoFor = [] }: Wanted) {
    this.k = run(analyse(head).program, { model: model.name }).kernel;
    this.profile = profile;
    this.models = [model, ...alsoFor];
    this.tickets = ticketsOf(this.models, profile, only);
  }

  lines(made: Iterable<Choice>, most = Number.POSITIVE_INFINITY): string[] {
    const first = OPS.get("mmap");
    const { firstMappings = "private|anonymous" } = this.profile;
    const lines = first ? [1, 2].flatMap(() => this.line({ spec: first, word: firstMappings, whole: false }, [])) : [];
    for (const { op, picks } of made) {
      if (lines.length >= most) break;
      const [step, ...rest] = this.rest.length > 0 ? this.rest : this.tickets[op % this.tickets.length];
      const inPhrase = this.rest.length > 0;
      this.rest = rest;
      lines.push(...this.line(step, picks, inPhrase));
    }
    return lines;
  }

  private pick(of: number): number {
    const pick = this.picks[this.at++] ?? 0;
    return of === 0 ? 0 : pick % of;
  }

  private line({ spec: chosen, word, whole }: Step, picks: readonly number[], inPhrase = false): string[] {
    this.picks = picks;
    this.at = 0;
    const { tasks, mappings } = this.things;
    const spec = this.rather(chosen);
    if (tasks.length === 0) {
      const name = this.fresh("again");
      tasks.push({ name, value: new_task(this.k, name) });
      return [`process ${name}\n`];
    }
    if (spec.result === "process" && tasks.length >= this.profile.mostTasks) return [];
    if (spec.name === "mmap" && mappings.length >= this.profile.mostMappings && this.pick(4) > 0) return [];
    const ends = spec.name === "exit" || spec.name === "execve";
    if (ends && this.pick(tasks.length > 1 ? 3 : this.profile.lastEnds) > 0) return [];
    let who = tasks[this.pick(tasks.length)];
    const texts: string[] = [];
    const args: (Value | undefined)[] = [];
    const worded = spec.params.find(({ of }) => of.kind === "flags" || of.kind === "word") ?? spec.params.find(isProt);
    for (const param of spec.params) {
      const forced = param === worded ? word : undefined;
      const wanted = forced !== undefined || (whole && param.name === "length") || this.wanted(spec, param, args);
      const address = wordsOf(args).includes("refpage");
      const argument = wanted ? this.argument(spec, param, { word: forced, whole, inPhrase, address }) : undefined;
      if (param.required && argument === undefined) return [];
      // By position as long as none is left out.
      const positional = texts.length === args.length;
      args.push(argument?.value);
      if (argument) texts.push(positional ? argument.text : `${param.name}=${argument.text}`);
      // Mostly somebody does it who has the memory.
      if (param.of.kind === "address" && argument && this.pick(8) > 0) who = this.whoHas(argument.value) ?? who;
    }
    return this.perform(spec, who, texts, args);
  }

  // An operation that would make one pin, file or process too many mostly gives way to one that ends one; where nothing is
  // mapped any more, one that needs an address gives way to mmap.
  private rather(spec: OpSpec): OpSpec {
    const { pins, files, tasks, mappings } = this.things;
    const { mostPins, mostFiles, mostTasks } = this.profile;
    const rather = (name: string) => this.tickets.find(([step]) => step.spec.name === name)?.[0].spec ?? spec;
    const full =
      (spec.result === "pin" && pins.length >= mostPins && "release") ||
      (spec.result === "file" && files.length >= mostFiles && "close") ||
      (spec.result === "process" && tasks.length >= mostTasks && "exit");
    if (full) return this.pick(4) > 0 ? rather(full) : spec;
    return mappings.length === 0 && spec.params.some(({ of }) => of.kind === "address") ? rather("mmap") : spec;
  }

  private perform(spec: OpSpec, who: Named<number>, texts: string[], args: (Value | undefined)[]): string[] {
    const { k } = this;
    const name = spec.result === undefined ? undefined : this.fresh(NAMES[spec.name] ?? NAMES[spec.result] ?? "n");
    k.outcome = 0;
    k.killed = [];
    k.current = spec.group === "The kernel's own work" ? KTHREAD : who.value;
    const { value, errno, fault } = spec.run({ k, task: who.value, args, name });
    k.current = KTHREAD;
    if (fault) return [];
    if (name !== undefined && value !== undefined && value !== null) this.bind(name, value);
    this.bury();
    const outcome = cameTo(spec, k.outcome, errno);
    const process = who.value === 0 ? "" : `${who.name}: `;
    const target = name === undefined ? "" : `${name} = `;
    return [`${process}${target}${spec.name}(${texts.join(", ")})${outcome}\n`];
  }

  private bind(name: string, value: Value): void {
    const { mappings, files, pins, tasks } = this.things;
    if (typeof value !== "object" || value === null) return;
    if (value.kind === "address") {
      mappings.push({ name, value });
      this.things.focus = { name, value };
    } else if (value.kind === "file") files.push({ name, value: value.file });
    else if (value.kind === "pin") pins.push({ name, value: value.pin });
    else if (value.kind === "process") tasks.push({ name, value: value.task });
  }

  private bury(): void {
    const { things, k } = this;
    things.tasks = things.tasks.filter(({ value }) => k.w.task.alive.data[value] === 1);
    things.pins = things.pins.filter(({ value }) => k.w.pin.live.data[value] === 1);
    // Now and then a name outlives what it names.
    if (this.pick(this.profile.forgets) > 0) return;
    things.files = things.files.filter(({ value }) => k.w.file.open.data[value] > 0 || this.pick(8) === 0);
    things.mappings = things.mappings.filter(({ value }) => this.whoHas(value) !== undefined);
  }

  private whoHas(value: Value): Named<number> | undefined {
    if (typeof value !== "object" || value?.kind !== "address") return undefined;
    const vpn = Number(value.at / BigInt(this.k.pageSize));
    const have = this.things.tasks.filter(({ value: task }) => vmaAt(this.k, mmOf(this.k, task), vpn) >= 0);
    return have[this.pick(have.length)];
  }

  // Whether a parameter that may be left out is given.
  private wanted(spec: OpSpec, param: Param, before: readonly (Value | undefined)[]): boolean {
    if (param.required || param.of.kind === "length") return true;
    if (spec.name === "mmap" && param.name === "flags") return true;
    const words = wordsOf(before);
    if (param.of.kind === "offset" && words.includes("refpage")) return true;
    if (!this.profile.userSpace) return this.pick(3) === 0;
    if (param.name === "at" || param.name === "to") return words.includes("fixed") || words.includes("fixed_noreplace");
    if (param.name === "fd") return !words.includes("anonymous") && !words.includes("refpage");
    if (param.name === "offset") return !words.includes("anonymous") && this.pick(3) === 0;
    return this.pick(2) === 0;
  }

  private argument(spec: OpSpec, param: Param, wish: Wish): Argument | undefined {
    const pick = (of: number) => this.pick(of);
    const { k, models, profile, things } = this;
    return argumentOf({ k, models, profile, things, pick, wish }, spec, param);
  }

  private fresh(stem: string): string {
    const number = this.names.get(stem) ?? 0;
    this.names.set(stem, number + 1);
    return `${stem}${number}`;
  }
}

function wordsOf(values: readonly (Value | undefined)[]): string[] {
  return values.flatMap((value) => (typeof value === "object" && value?.kind === "words" ? value.words : []));
}

function isProt({ of }: Param): boolean {
  return of.kind === "prot";
}

// What a name begins with, by what made it.
const NAMES: Readonly<Record<string, string>> = {
  address: "p",
  file: "f",
  memfd: "m",
  process: "child",
  pin: "pin",
  vmsplice: "pipe",
  tee: "pipe",
  io_uring_register: "buffer",
};

function ticketsOf(
  models: readonly Model[],
  profile: Profile,
  only: readonly string[] | undefined,
): (readonly Step[])[] {
  const usable = (spec: OpSpec | undefined): spec is OpSpec =>
    spec?.simulated === true &&
    models.every(({ name }) => !absent(name, spec)) &&
    profile.shares[spec.name] !== 0 &&
    (only === undefined || only.includes(spec.name));
  const single = [...OPS.values()].filter(usable).flatMap((spec) => {
    const step: Step = { spec, word: undefined, whole: false };
    return Array.from({ length: profile.shares[spec.name] ?? 1 }, () => [step]);
  });
  const phrases = profile.phrases.flatMap((phrase) => {
    const steps = phrase.flatMap((text) => {
      const [, name, whole, word] = /^(\w+)(\*?)(?:=(.*))?$/.exec(text) ?? [];
      const spec = OPS.get(name);
      return usable(spec) ? [{ spec, word, whole: whole === "*" }] : [];
    });
    return steps.length === phrase.length ? [steps] : [];
  });
  return [...single, ...phrases];
}
