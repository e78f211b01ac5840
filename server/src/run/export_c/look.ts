// What user space can see of a field, and who has to look.
//
// A page's frame, mapcount and flags come from /proc/PID/pagemap, kpagecount and kpageflags, rss from smaps, contents
// from the memory itself. What is kept in struct page or folio alone (refcount, entire mapcount, pincount) and most bits
// of an entry (writable, dirty, accessed) are nowhere to be seen.

import { fieldOf, hasField } from "../../lang/fields.ts";
import type { Expr, SymbolId } from "../../lang/program.ts";
import { MAIN } from "../../lang/program.ts";
import type { Frame } from "./frame.ts";
import { outcomeWord } from "./operation.ts";
import { unseen } from "./refusal.ts";
import { bare } from "./text.ts";
import { constant, isAddress, numeric, pointer } from "./value.ts";

export interface Seen {
  readonly code: string;
  // It may be NONE.
  readonly none: boolean;
  // A truth, in which NONE counts as none.
  readonly truth?: boolean;
}

const PAGE_FIELDS: readonly string[] = [
  "mapcount",
  "exclusive",
  "anon",
  "file",
  "shmem",
  "ksm",
  "zero",
  "swapcache",
  "dirty",
  "lru",
];
const PTE_FIELDS: readonly string[] = ["none", "present", "swap", "soft_dirty"];
const FOLIO_FIELDS: readonly string[] = ["order", "pages"];
const PROCESS_FIELDS: readonly string[] = ["rss", "rss_anon", "rss_file", "rss_shmem", "swap", "vmas"];

// The look of one check: who has to make it.
export class Observer {
  readonly frame: Frame;
  // The process whose memory is read, where one is.
  actor: SymbolId | undefined;

  constructor(frame: Frame) {
    this.frame = frame;
  }

  // Says that this process must make the look.
  require(process: SymbolId): SymbolId {
    if (this.actor !== undefined && this.actor !== process) unseen("it looks into two processes at once");
    if (!this.frame.living.includes(process)) unseen(`${this.frame.name(process)} has ended`);
    this.actor = process;
    return process;
  }

  get by(): SymbolId {
    const { living } = this.frame;
    return this.actor ?? (living.includes(MAIN) ? MAIN : (living[0] ?? unseen("no process is left to look")));
  }
}

export interface Place {
  readonly process: SymbolId;
  readonly address: Expr;
}

export function placeOf(args: readonly Expr[], frame: Frame): Place {
  return args.length > 1
    ? { process: frame.processOf(args[0]), address: args[1] }
    : { process: MAIN, address: args[0] };
}

// `WHO, ADDRESS` of page() and pte().
export function whoAndWhere(args: readonly Expr[], observer: Observer): string {
  const { process, address } = placeOf(args, observer.frame);
  return `${observer.frame.process(process)}, ${bare(pointer(address, observer.frame, observer.by))}`;
}

// A value that is a number or a truth.
export function scalar(expr: Expr, observer: Observer): Seen {
  const { frame } = observer;
  const fixed = constant(expr);
  if (fixed !== undefined) return { code: bare(numeric(expr, frame, observer.by)), none: false };
  switch (expr.kind) {
    case "field":
      return field(expr, observer);
    case "call":
      return call(expr, observer);
    case "name":
    case "index":
      return { code: `(long)${numeric(expr, frame, observer.by)}`, none: false };
    case "binary":
      return arithmetic(expr, observer);
    default:
      return unseen("its value has no counterpart in C");
  }
}

function arithmetic(expr: Expr & { kind: "binary" }, observer: Observer): Seen {
  if (!"+-*/%&|".includes(expr.operator)) return unseen("a comparison inside of a number");
  const { frame } = observer;
  if (isAddress(expr, frame)) return { code: `(long)${numeric(expr, frame, observer.by)}`, none: false };
  const left = scalar(expr.left, observer);
  const right = scalar(expr.right, observer);
  if (left.none || right.none) return unseen("it calculates with what may be none");
  if ((expr.operator === "/" || expr.operator === "%") && !constant(expr.right)) return unseen("it divides");
  return { code: `(${left.code} ${expr.operator} ${right.code})`, none: false };
}

function call(expr: Expr & { kind: "call" }, observer: Observer): Seen {
  const { frame } = observer;
  if (expr.name === "byte") {
    const { process, address } = placeOf(expr.args, frame);
    const by = observer.require(process);
    return { code: `byte_at(${bare(pointer(address, frame, by))})`, none: true };
  }
  if (expr.name !== "sum" && expr.name !== "count") return unseen(`${expr.name}() is not for user space`);
  const [address, pages] = expr.args;
  const name = expr.field ?? "";
  const prefix = PAGE_FIELDS.includes(name) ? "page" : PTE_FIELDS.includes(name) ? "pte" : unseen(hidden(name));
  const getter = `${prefix}_${name}`;
  const what = `${expr.name}_pages`;
  const at = bare(pointer(address, frame, observer.by));
  const code = `${what}(${frame.process(MAIN)}, ${at}, ${bare(numeric(pages, frame, observer.by))}, ${getter})`;
  return { code, none: false };
}

function field(expr: Expr & { kind: "field" }, observer: Observer): Seen {
  const { object, name } = expr;
  const { frame } = observer;
  if (object.kind === "last") return lastField(name, observer);
  if (object.kind === "call" && object.name === "page") {
    known("page", name, frame);
    if (!PAGE_FIELDS.includes(name)) return unseen(hidden(name));
    if (name === "lru" && !frame.drained) return unseen("other programs fill the LRU batches too");
    return { code: `${`page_${name}`}(${whoAndWhere(object.args, observer)})`, none: true };
  }
  if (
    object.kind === "field" &&
    object.name === "folio" &&
    object.object.kind === "call" &&
    object.object.name === "page"
  ) {
    if (!FOLIO_FIELDS.includes(name)) return unseen(hidden(name));
    return { code: `${`folio_${name}`}(${whoAndWhere(object.object.args, observer)})`, none: true };
  }
  if (object.kind === "call" && object.name === "pte") {
    known("pte", name, frame);
    if (name === "soft_dirty") frame.requirements.set("has_soft_dirty()", "the kernel has no soft-dirty bits");
    if (!PTE_FIELDS.includes(name)) return unseen(hidden(name));
    return { code: `${`pte_${name}`}(${whoAndWhere(object.args, observer)})`, none: false };
  }
  if (object.kind === "name" && frame.processes.has(object.symbol)) {
    const who = frame.process(object.symbol);
    if (name === "alive") return { code: `alive(${who})`, none: false };
    if (name === "hugetlb") return { code: `process_hugetlb(${who})`, none: false };
    if (!PROCESS_FIELDS.includes(name)) return unseen(hidden(name));
    if (frame.scattered) return unseen("the story's mappings lie among the program's own");
    return { code: `${`process_${name}`}(${who})`, none: false };
  }
  if (object.kind === "name" && frame.program.symbols[object.symbol].kind === "file") {
    if (name !== "size" && name !== "cached") return unseen(hidden(name));
    return { code: `${`file_${name}`}(${frame.variable(object.symbol, observer.by)})`, none: false };
  }
  return unseen(hidden(name));
}

// A field that the release does not have is none, whatever a kernel shows in its place.
function known(owner: "page" | "pte", name: string, { model }: Frame): void {
  const spec = fieldOf(owner, name);
  if (spec === undefined || !hasField(model, spec)) unseen(`${model} has no \`${name}\``);
}

function lastField(name: string, observer: Observer): Seen {
  const word = outcomeWord(name);
  const { frame } = observer;
  if (word === undefined || !frame.lastIsAccess) return unseen(`user space sees no \`last.${name}\` here`);
  observer.require(frame.last);
  return { code: `came_to(${word})`, none: false, truth: true };
}

function hidden(name: string): string {
  return `user space sees no \`${name}\``;
}
