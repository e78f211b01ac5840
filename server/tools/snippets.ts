// The editor's snippets: one for each operation that is simulated, made of its signature, and the other statements.

import { OPS, type OpSpec, type Param } from "../src/lang/ops.ts";

interface Snippet {
  readonly prefix: string;
  readonly body: string | readonly string[];
  readonly description: string;
}

export function snippets(): string {
  const all: Record<string, Snippet> = {};
  for (const spec of OPS.values()) {
    if (spec.simulated)
      all[spec.name] = { prefix: spec.name, body: operationBody(spec), description: firstSentence(spec.doc) };
  }
  return `${JSON.stringify({ ...STATEMENTS, ...all }, undefined, 2)}\n`;
}

const STATEMENTS: Readonly<Record<string, Snippet>> = {
  kernel: {
    prefix: "kernel",
    body: `kernel ${stop(1, "6.1 6.12 6.18")}`,
    description: "The models that the trace runs under.",
  },
  machine: {
    prefix: "machine",
    body: `machine ${stop(1, "memory")}=${stop(2, "1G")}`,
    description: "A setting of the simulated machine.",
  },
  process: {
    prefix: "process",
    body: `process ${stop(1, "other")}`,
    description: "One more process with an empty address space.",
  },
  repeat: {
    prefix: "repeat",
    body: [`repeat ${stop(1, "16")} as ${stop(2, "i")}`, "  $0", "end"],
    description: "The lines between, so many times.",
  },
  expect: { prefix: "expect", body: `expect ${stop(1, "page(p).refcount == 1")}`, description: "A check." },
  "expect under some models": {
    prefix: "expect@",
    body: `expect @${stop(1, ">=5.19")} ${stop(2, "page(p).exclusive == 1")}`,
    description: "A check that counts under some models only.",
  },
  "fork and write": {
    prefix: "cow",
    body: [
      `${stop(1, "p")} = mmap(4K, rw, private|anonymous)`,
      `write(${stop(1, "p")}, "old") -> anon`,
      `${stop(2, "child")} = fork()`,
      `write(${stop(1, "p")}, "new") -> cow`,
      "$0",
    ],
    description: "A page that fork shares and the parent's write copies.",
  },
};

// A place where the person types, with what stands there first.
function stop(number: number, text: string): string {
  return `\${${number}:${text}}`;
}

const NAMES = { address: "p", file: "f", pin: "pin", process: "child", number: "n", unknown: "x" } as const;

// Required arguments and the defaults that are worth seeing; what it returns gets a name.
export function operationBody(spec: OpSpec): string {
  let number = spec.result === undefined ? 1 : 2;
  const shown = spec.params.filter((param) => param.required || worthSeeing(param));
  const args = shown.map((param) => stop(number++, placeholder(param)));
  const name = spec.result === undefined ? "" : `${stop(1, NAMES[spec.result])} = `;
  return `${name}${spec.name}(${args.join(", ")})`;
}

function worthSeeing(param: Param): boolean {
  return (
    param.of.kind === "prot" ||
    (param.of.kind === "flags" && (param.default ?? "") !== "") ||
    param.of.kind === "length" ||
    param.of.kind === "value"
  );
}

function placeholder(param: Param): string {
  if (param.default) return param.of.kind === "value" ? '"text"' : param.default;
  switch (param.of.kind) {
    case "address":
      return "p";
    case "length":
    case "size":
    case "offset":
      return "4K";
    case "prot":
      return "r";
    case "flags":
    case "word":
      return param.of.words.find((word) => word.simulated)?.name ?? param.name;
    case "process":
      return "child";
    case "file":
      return "f";
    case "pin":
      return "pin";
    case "value":
    case "string":
      return '"text"';
    case "number":
      return "1";
  }
}

function firstSentence(doc: string): string {
  const end = doc.search(/[.:](\s|$)/);
  return end < 0 ? doc : `${doc.slice(0, end)}.`;
}
