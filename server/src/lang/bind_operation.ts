// Operations: the entry of the table, arguments by the position of their parameters, what the line expects.

import { HIT, MAJOR, MINOR, OUTCOMES, SIGNALS } from "../mm/outcome.ts";
import { bindNode, joinedNames, staticKind } from "./bind_expression.ts";
import { type Binding, type Findings, KIND_BITS } from "./facts.ts";
import type { Names } from "./names.ts";
import { listed, nearest } from "./nearest.ts";
import { ACCEPTED } from "./op.ts";
import { OPS, type OpSpec, type Param, type ParamKind } from "./ops.ts";
import { ERRNO_NAMES, isErrnoName, outcomeBit } from "./outcomes.ts";
import type { Expected, Expr, Operation } from "./program.ts";
import type { ArgNode, ExprNode, NameNode, OperationNode } from "./tree.ts";
import { findWord, isSpecial, LITERALS, protection, type WordSpec, word, wordsOf } from "./words.ts";

// What has no operation of its own, and what brings it about.
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ["unplug", "a device goes when nobody has it open or mapped any more, so `close` it and `munmap` its mappings"],
]);

export interface BoundOperation {
  readonly operation: Operation | undefined;
  readonly binds: Binding | undefined;
}

export function bindOperation(node: OperationNode, line: number, names: Names, found: Findings): BoundOperation {
  const op = OPS.get(node.name.text);
  if (node.process) found.use(node.process, names.id(node.process.text), KIND_BITS.process);
  if (op === undefined) {
    if (node.name.text !== "" && node.open >= 0) unknownOperation(node.name, found);
    return { operation: undefined, binds: bindTarget(node.target, "unknown", names, found) };
  }
  const args = node.open < 0 ? [] : bindArguments(node, op, names, found);
  const expected = bindOutcomes(node, op, found);
  if (node.target && op.result === undefined) {
    found.problem(
      node.target,
      "nothing-to-bind",
      `\`${op.name}\` returns nothing that \`${node.target.text}\` could be`,
    );
  }
  if (isSpecial(op) || op.pins) found.need(node.name, { op }, expected);
  for (const { spec, at } of wordsIn(args)) {
    if (spec !== undefined) found.need(at, { word: spec, op }, expected);
  }
  const binds = bindTarget(node.target, op.result ?? "unknown", names, found);
  if (found.failed) return { operation: undefined, binds };
  const operation: Operation = {
    kind: "operation",
    process: node.process && names.id(node.process.text),
    target: binds?.symbol,
    op,
    args,
    expected,
    line,
    start: node.start,
    end: node.end,
  };
  return { operation, binds };
}

function unknownOperation(name: NameNode, found: Findings): void {
  const near = nearest(name.text, OPS.keys());
  const instead = INSTEAD.get(name.text);
  const message = `there is no operation \`${name.text}\`${instead === undefined ? "" : `: ${instead}`}`;
  found.unknown(name, "unknown-operation", message, near);
}

export function bindTarget(
  target: NameNode | undefined,
  kind: Binding["kind"],
  names: Names,
  found: Findings,
): Binding | undefined {
  if (target === undefined) return undefined;
  if (LITERALS.has(target.text)) {
    found.problem(target, "reserved-word", `\`${target.text}\` is a value of the language and cannot be a name`);
    return undefined;
  }
  return { symbol: names.id(target.text), kind, start: target.start, end: target.end };
}

// The words of arguments that not every model has or that are not simulated yet.
function wordsIn(args: readonly (Expr | undefined)[]): { spec: WordSpec; at: Expr }[] {
  return args.flatMap((arg) =>
    arg?.kind === "literal" && typeof arg.value === "object" && arg.value?.kind === "words"
      ? arg.value.special.map((spec) => ({ spec, at: arg }))
      : [],
  );
}

function bindArguments(node: OperationNode, op: OpSpec, names: Names, found: Findings): (Expr | undefined)[] {
  const args = new Array<Expr | undefined>(op.params.length).fill(undefined);
  const given = new Set<number>();
  let named = false;
  for (const [i, arg] of node.args.entries()) {
    const position = arg.key ? op.params.findIndex((param) => param.name === arg.key?.text) : i;
    if (arg.key) named = true;
    else if (named) found.problem(arg, "argument-order", "arguments without a name come before those with one");
    if (position < 0 || position >= op.params.length) {
      misplacedArgument(arg, op, found);
      if (!arg.key) break;
    } else if (given.has(position)) {
      found.problem(arg, "repeated-argument", `\`${op.params[position].name}\` is given twice`);
    } else {
      given.add(position);
      args[position] = bindArgument(arg.value, op.params[position], names, found);
    }
  }
  if (node.close >= 0) checkArguments(node, op, args, found);
  return args;
}

function misplacedArgument(arg: ArgNode, op: OpSpec, found: Findings): void {
  if (arg.key) {
    const near = nearest(
      arg.key.text,
      op.params.map((param) => param.name),
    );
    found.unknown(arg.key, "unknown-argument", `\`${op.name}\` has no argument \`${arg.key.text}\``, near);
  } else {
    found.problem(arg, "too-many-arguments", `too many arguments: \`${op.synopsis}\``);
  }
}

// What holds between the arguments.
function checkArguments(node: OperationNode, op: OpSpec, args: readonly (Expr | undefined)[], found: Findings): void {
  const bracket = { start: node.close, end: node.close + 1 };
  for (const [i, param] of op.params.entries()) {
    const arg = args[i];
    if (arg === undefined) {
      const needed =
        param.required || (isRest(param) && args[i - 1] !== undefined && staticKind(args[i - 1]!) === "number");
      if (needed) found.problem(bracket, "missing-argument", `\`${param.name}\` is missing: \`${op.synopsis}\``);
    } else if (param.forNumbers && args.some((other) => other?.kind === "literal" && typeof other.value === "string")) {
      found.problem(arg, "bad-value", "a string brings its own length");
    }
  }
  const flags = args[op.params.findIndex((param) => param.name === "flags")];
  const fd = args[op.params.findIndex((param) => param.name === "fd")];
  if (op.name === "mmap" && fd !== undefined && isAnonymous(flags)) {
    found.problem(fd, "ignored-argument", "no file stands behind such a mapping: it is ignored", {
      severity: "warning",
    });
  }
}

// Left out, it is the rest of the mapping; a plain number comes from none.
function isRest(param: Param): boolean {
  return param.of.kind === "length" && param.default === undefined;
}

function isAnonymous(flags: Expr | undefined): boolean {
  if (flags === undefined) return true;
  const value = flags.kind === "literal" ? flags.value : null;
  if (typeof value !== "object" || value?.kind !== "words") return false;
  return value.words.includes("anonymous") || value.words.includes("refpage");
}

// Kinds of names that may stand for each kind of parameter.
const WANTS: Readonly<Record<ParamKind["kind"], number>> = {
  address: KIND_BITS.address | KIND_BITS.number,
  length: KIND_BITS.number,
  size: KIND_BITS.number,
  offset: KIND_BITS.address | KIND_BITS.number,
  number: KIND_BITS.number,
  value: KIND_BITS.number,
  prot: 0,
  flags: 0,
  word: 0,
  string: 0,
  process: KIND_BITS.process,
  file: KIND_BITS.file,
  pin: KIND_BITS.pin,
};

function bindArgument(node: ExprNode, param: Param, names: Names, found: Findings): Expr {
  const { of } = param;
  if (node.kind !== "missing") {
    if (of.kind === "flags" || of.kind === "word") return bindWords(node, param, of.words, found);
    if (of.kind === "prot") return bindProtection(node, param, found);
  }
  const bound = bindNode(node, names, found, WANTS[of.kind]);
  const kind = staticKind(bound);
  if (kind !== undefined && kind !== "none" && !ACCEPTED[of.kind].includes(kind)) {
    found.problem(node, "wrong-kind", `\`${param.name}\` is ${listed(ACCEPTED[of.kind], "or")}, not ${article(kind)}`);
  } else if (of.kind === "value" && bound.kind === "literal" && typeof bound.value === "bigint" && bound.value > 255n) {
    found.problem(node, "bad-value", `a byte is at most 255, not ${bound.value}`);
  }
  return bound;
}

function article(kind: string): string {
  return kind === "address" || kind === "outcomes" ? `an ${kind}` : `a ${kind}`;
}

function bindWords(node: ExprNode, param: Param, specs: readonly WordSpec[], found: Findings): Expr {
  const parts = joinedNames(node);
  const { start, end } = node;
  const many = param.of.kind === "flags";
  if (parts === undefined || (!many && parts.length > 1)) {
    // No flag at all is written 0, as in C.
    if (many && node.kind === "number" && node.value === 0n) return { kind: "literal", value: wordsOf([]), start, end };
    const wanted = many ? "words joined by `|`" : "one word";
    found.problem(
      node,
      "wrong-kind",
      `\`${param.name}\` is ${wanted} of ${listed(
        specs.map((spec) => spec.name),
        "or",
      )}`,
    );
    return { kind: "literal", value: wordsOf([]), start, end };
  }
  const chosen: WordSpec[] = [];
  for (const part of parts) {
    const spec = findWord(specs, part.text);
    if (spec === undefined) {
      const near = nearest(
        part.text,
        specs.map((known) => known.name),
      );
      const message = `\`${part.text}\` is no ${WORD_NAMES[param.name] ?? param.name}${
        near === undefined
          ? `; it is one of ${listed(
              specs.map((known) => known.name),
              "or",
            )}`
          : ""
      }`;
      found.unknown(part, "unknown-word", message, near);
    } else if (!chosen.includes(spec)) chosen.push(spec);
  }
  return { kind: "literal", value: wordsOf(chosen), start, end };
}

const WORD_NAMES: Readonly<Record<string, string>> = {
  flags: "flag",
  cached: "value of `cached`",
  hugetlb: "value of `hugetlb`",
};

function bindProtection(node: ExprNode, param: Param, found: Findings): Expr {
  const { start, end } = node;
  const parts = joinedNames(node);
  if (parts === undefined) {
    found.problem(node, "wrong-kind", `\`${param.name}\` is letters of \`rwx\`, or \`none\``);
    return { kind: "literal", value: word("none"), start, end };
  }
  let bits = 0;
  for (const part of parts) {
    const allowed = protection(part.text);
    if (allowed === undefined) {
      const near = nearest(part.text, ["none", "r", "rw", "rx", "rwx"]);
      found.unknown(
        part,
        "unknown-word",
        `\`${part.text}\` is no protection; it is letters of \`rwx\`, or \`none\``,
        near,
      );
    } else bits |= allowed.bits;
  }
  const letters = `${bits & 1 ? "r" : ""}${bits & 2 ? "w" : ""}${bits & 4 ? "x" : ""}`;
  return { kind: "literal", value: protection(letters === "" ? "none" : letters)!, start, end };
}

// What stands behind `->`.
function bindOutcomes(node: OperationNode, op: OpSpec, found: Findings): Expected | undefined {
  if (node.outcomes.length === 0) return undefined;
  let bits = 0;
  let errno: string | undefined;
  let ok = false;
  for (const outcome of node.outcomes) {
    const bit = outcomeBit(outcome.text);
    if (bit !== 0) {
      bits |= bit;
      if (!op.access)
        found.problem(outcome, "impossible-outcome", `\`${op.name}\` is a call: it comes to \`ok\` or to an errno`);
    } else if (outcome.text === "ok") ok = true;
    else if (isErrnoName(outcome.text)) {
      if (op.access)
        found.problem(
          outcome,
          "impossible-outcome",
          `\`${op.name}\` is an access: it comes to a fault, not to an errno`,
        );
      if (errno !== undefined && errno !== outcome.text) {
        found.problem(outcome, "impossible-outcome", "a call gives one errno");
      }
      errno = outcome.text;
    } else unknownOutcome(outcome, op, found);
  }
  const first = node.outcomes[0];
  const span = { start: first.start, end: node.outcomes[node.outcomes.length - 1].end };
  if (ok && errno !== undefined)
    found.problem(span, "impossible-outcome", "a call succeeds or gives an errno, not both");
  if (bits & HIT && bits & (MINOR | MAJOR)) {
    found.problem(span, "impossible-outcome", "`hit` says that no page faulted, the others that one did");
  }
  if (ok && bits & SIGNALS) found.problem(span, "impossible-outcome", "an access that gets a signal is not `ok`");
  return { words: node.outcomes.map((outcome) => outcome.text), bits, errno, ok, ...span };
}

function unknownOutcome(outcome: NameNode, op: OpSpec, found: Findings): void {
  const known = op.access ? OUTCOMES : ["ok", ...ERRNO_NAMES];
  const what = op.access ? "no outcome of an access" : "neither `ok` nor an errno";
  found.unknown(outcome, "unknown-outcome", `\`${outcome.text}\` is ${what}`, nearest(outcome.text, known));
}
