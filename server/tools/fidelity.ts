// Writes server/FIDELITY.md: how much of what can be seen of real kernels agrees with the simulation, by release and family
// of operations. It is made of what `mmtrace kernel compare --json` and `mmtrace fuzz --json` printed:
// `npm run fidelity -- RESULTS.json…`. Several documents of random traces on one release are added up.

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { OPS } from "../src/lang/ops.ts";

interface Line {
  readonly operation: string;
  readonly agreed: Readonly<Record<string, number>>;
  readonly disagreed: readonly { readonly name: string }[];
  readonly notVisible: readonly { readonly name: string }[];
}

interface Compared {
  readonly file: string;
  readonly release: string;
  readonly kernel: string;
  readonly lines?: readonly Line[];
}

// One kernel of a document of random traces.
interface Fuzzed {
  readonly kernel: string;
  readonly traces: number;
  readonly operations: number;
  readonly compared: number;
  readonly disagreements: number;
}

interface Random {
  readonly seed: number;
  readonly first: number;
  readonly ops: number;
  // Absent in documents of base pages that are older.
  readonly profile?: string;
  readonly kernels: readonly Fuzzed[];
}

interface Cell {
  compared: number;
  agreed: number;
}

// Operations that are not called by their group alone: what the person looks for.
const FAMILIES: Readonly<Record<string, string>> = {
  fork: "fork, exit",
  vfork: "fork, exit",
  clone: "fork, exit",
  exit: "fork, exit",
  execve: "fork, exit",
  mprotect: "mprotect",
  mremap: "mremap",
  madvise: "madvise",
  mlock: "mlock",
  munlock: "mlock",
  swapout: "swap",
  swapoff: "swap",
  reclaim: "swap",
  ksm_scan: "KSM",
  migrate: "migration",
  compact: "migration",
  read: "reads and writes",
  write: "reads and writes",
};
const GROUPS: Readonly<Record<string, string>> = {
  "Address space": "mmap, munmap, brk, msync",
  Files: "files",
  "References from outside the page tables": "pipes, pins, ptrace",
  "The kernel's own work": "the kernel's other work",
};

const RESULTS = "test-results";
const given = process.argv.slice(2);
const paths =
  given.length > 0
    ? given
    : readdirSync(RESULTS)
        .filter(isResult)
        .map((name) => join(RESULTS, name));
const documents = paths.map(
  (path) => JSON.parse(readFileSync(path, "utf8")) as { traces: readonly Compared[] } | Random,
);
const compared = documents.flatMap((one) => ("traces" in one ? one.traces : []));
const random = documents.flatMap((one) => ("traces" in one ? [] : [one]));
const target = new URL("../FIDELITY.md", import.meta.url);
writeFileSync(target, document(compared));
console.log("server/FIDELITY.md");

function isResult(name: string): boolean {
  return name === "kernel.json" || /^fuzz-[\d.]+(-[a-z]+)?(-\d+)?\.json$/.test(name);
}

function familyOf(operation: string): string {
  return FAMILIES[operation] ?? GROUPS[OPS.get(operation)?.group ?? ""] ?? operation;
}

function document(traces: readonly Compared[]): string {
  const ran = traces.filter(({ lines }) => lines !== undefined);
  const releases = [...new Set(ran.map(({ release }) => release))].sort(byNumber);
  const operations = cells(ran, (_line, operation) => familyOf(operation));
  const observables = cells(ran, (name) => name);
  const kernels = releases.map((release) => `${release}: \`${ran.find((one) => one.release === release)?.kernel}\``);
  return `${[
    "# How far the simulation agrees with real kernels",
    "",
    `Made by \`npm run fidelity\` of what \`npm run test:kernel\` or \`mmtrace kernel compare test/conformance --kernel all --json\` says; not edited by hand. ${new Set(ran.map(({ file }) => file)).size} traces, on ${kernels.join(", ")}, booted in QEMU with one CPU.`,
    "After each operation everything that changed is compared: each cell says how many values agree of how many were compared.",
    "What a kernel does not show is not in here; what is by nature never compared stands, with its reason, in `server/src/run/linux/rules.ts`.",
    "",
    ...table("Operations", releases, operations),
    "",
    ...table("Observable", releases, observables),
    ...(random.length > 0 ? ["", ...randomTraces(random)] : []),
  ].join("\n")}\n`;
}

// What random traces came to, by what they are about, with the command that runs them again.
function randomTraces(all: readonly Random[]): string[] {
  const { seed, ops } = all[0];
  const profiles = Object.entries(PROFILES).filter(([name]) => all.some((one) => profileOf(one) === name));
  return [
    `Random traces of ${ops} operations: \`mmtrace fuzz --kernel RELEASE --profile P --seed ${seed} --ops ${ops} --first I --count N --json\`.`,
    "Where the machine or the guest could not do an operation, the rest of that trace was not compared.",
    ...profiles.flatMap(([name, title]) => [
      "",
      ...randomTable(
        title,
        all.filter((one) => profileOf(one) === name),
      ),
    ]),
  ];
}

// What random traces are about.
const PROFILES: Readonly<Record<string, string>> = {
  base: "Base pages (`base`)",
  thp: "Huge pages (`thp`)",
  mthp: "Folios of 64K (`mthp`)",
  hugetlb: "`hugetlb`",
};

function profileOf({ profile = "base" }: Random): string {
  return profile;
}

function randomTable(title: string, all: readonly Random[]): string[] {
  const releases = [...new Set(all.flatMap(({ kernels }) => kernels.map(({ kernel }) => kernel)))].sort(byNumber);
  const row = (title: string, count: (one: Fuzzed) => number) => {
    const sum = (release: string) =>
      all
        .flatMap(({ kernels }) => kernels.filter(({ kernel }) => kernel === release))
        .reduce((n, one) => n + count(one), 0);
    return `| ${[title, ...releases.map((release) => sum(release).toLocaleString("en"))].join(" | ")} |`;
  };
  return [
    `| ${title} | ${releases.join(" | ")} |`,
    `| :-- |${" --: |".repeat(releases.length)}`,
    `| of the seed | ${releases.map((release) => ranges(all, release)).join(" | ")} |`,
    row("traces", ({ traces }) => traces),
    row("operations", ({ operations }) => operations),
    row("values compared", ({ compared }) => compared),
    row("traces that disagree", ({ disagreements }) => disagreements),
  ];
}

type Cells = ReadonlyMap<string, ReadonlyMap<string, Cell>>;

// Row → release → how many.
function cells(traces: readonly Compared[], rowOf: (name: string, operation: string) => string): Cells {
  const rows = new Map<string, Map<string, Cell>>();
  for (const { release, lines } of traces) {
    const add = (name: string, operation: string, agreed: number, compared: number) => {
      for (const row of [rowOf(name, operation), "all"]) {
        const cell = rows.get(row)?.get(release) ?? { compared: 0, agreed: 0 };
        cell.agreed += agreed;
        cell.compared += compared;
        rows.set(row, (rows.get(row) ?? new Map<string, Cell>()).set(release, cell));
      }
    };
    for (const { operation, agreed, disagreed } of lines ?? []) {
      for (const [name, times] of Object.entries(agreed)) add(name, operation, times, times);
      for (const { name } of disagreed) add(name, operation, 0, 1);
    }
  }
  return rows;
}

function table(title: string, releases: readonly string[], rows: Cells): string[] {
  const names = [...rows.keys()].filter((name) => name !== "all").sort();
  const line = (words: readonly string[]) => `| ${words.join(" | ")} |`;
  return [
    line([title, ...releases]),
    line([":--", ...releases.map(() => "--:")]),
    ...[...names, "all"].map((name) =>
      line([name === "all" ? "**all**" : name, ...releases.map((release) => share(rows.get(name)?.get(release)))]),
    ),
  ];
}

function share(cell: Cell | undefined): string {
  return cell === undefined ? "–" : `${cell.agreed} of ${cell.compared}`;
}

function byNumber(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
}

// Which traces of the seed: `0–199, 450–699`.
function ranges(all: readonly Random[], release: string): string {
  const runs: { first: number; last: number }[] = [];
  const own = all.flatMap(({ first, kernels }) =>
    kernels.filter(({ kernel }) => kernel === release).map(({ traces }) => ({ first, last: first + traces - 1 })),
  );
  for (const { first, last } of own.sort((a, b) => a.first - b.first)) {
    const before = runs.at(-1);
    if (before !== undefined && first <= before.last + 1) before.last = Math.max(before.last, last);
    else runs.push({ first, last });
  }
  return runs.map(({ first, last }) => `${first}–${last}`).join(", ");
}
