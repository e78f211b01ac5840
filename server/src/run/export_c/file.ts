// The C file around the story: its head, what it includes, the functions that it needs, and main().

import type { SymbolId } from "../../lang/program.ts";
import { ACCESS_PIECES, KPAGEFLAG_OF } from "./c_access.ts";
import { CALL_PIECES } from "./c_calls.ts";
import { HUGE_PIECES } from "./c_huge.ts";
import { LOOK_PIECES } from "./c_look.ts";
import { MAIN_PIECES } from "./c_main.ts";
import { STORY_HEADERS, STORY_PIECES } from "./c_story.ts";
import type { Frame } from "./frame.ts";
import { chosen, type Piece } from "./piece.ts";
import { comment, stringLiteral, stripped } from "./text.ts";

const PIECES: readonly Piece[] = [
  ...STORY_PIECES,
  ...LOOK_PIECES,
  KPAGEFLAG_OF,
  ...HUGE_PIECES,
  ...ACCESS_PIECES,
  ...CALL_PIECES,
  ...MAIN_PIECES,
];

// What the story may call, so that no variable of the trace hides it.
export const PIECE_NAMES: ReadonlySet<string> = new Set(PIECES.map(({ name }) => name));

interface Parts {
  readonly name: string;
  readonly model: string;
  readonly code: string;
  readonly plan: number;
  readonly unseen: readonly { readonly line: number; readonly why: string }[];
  readonly intro: readonly string[];
}

export function assembled(frame: Frame, parts: Parts): string {
  const main = mainFunction(frame, parts);
  const story = storyFunction(frame, parts.code);
  const wanted = called(`${story}\n${main}`);
  if (frame.drained) wanted.add("drain_lru");
  if (frame.privateFiles && ["load", "store", "fill"].some((name) => wanted.has(name))) wanted.add("in_file");
  const pieces = chosen(PIECES, wanted).map((piece) => adapted(piece, frame));
  const includes = new Set(STORY_HEADERS);
  for (const piece of pieces) for (const header of piece.includes ?? []) includes.add(header);
  for (const header of frame.includes) includes.add(header);
  return [
    head(parts),
    "#define _GNU_SOURCE",
    ...[...includes].sort().map((header) => `#include <${header}>`),
    "",
    "#define KiB\t1024UL",
    "#define MiB\t(1024 * KiB)",
    "#define GiB\t(1024 * MiB)",
    "#define PAGE\t(4 * KiB)",
    "",
    ...constants(frame),
    world(frame),
    ...pieces.filter((piece) => !isLast(piece)).flatMap(({ text }) => [text, ""]),
    story,
    "",
    ...pieces.filter(isLast).flatMap(({ text }) => [text, ""]),
    main,
    "",
  ].join("\n");
}

// Whether it stands behind the story.
function isLast({ name }: Piece): boolean {
  return MAIN_PIECES.some((piece) => piece.name === name);
}

// The pieces that code calls.
function called(code: string): Set<string> {
  const names = new Set(["ksft", "turns"]);
  for (const [name] of stripped(code).matchAll(/[A-Za-z_]\w*/g)) if (PIECE_NAMES.has(name)) names.add(name);
  return names;
}

// The parts of a piece that depend on the trace.
function adapted(piece: Piece, frame: Frame): Piece {
  const text = piece.text
    .replace("DRAIN\t", frame.drained ? "\tdrain_lru();\n\t" : "\t")
    .replace("NEW_PAGE", frame.privateFiles ? "in_file(addr) ? COW : ANON" : "ANON");
  return { ...piece, text };
}

function head({ name, model, unseen, intro }: Parts): string {
  const lines = [
    comment(name),
    "",
    ...(intro.length > 0 ? [...intro, ""] : []),
    `Made from a trace by mmtrace, for the rules of Linux ${model}: checks for other kernels are left out.`,
    "Build: cc -std=gnu11 -O2 -Wall -Wextra -Werror -o test FILE.c",
    "Run as root: without, what needs page frames is skipped.",
  ];
  if (unseen.length > 0) {
    lines.push("", "What user space cannot see is not tested:");
    for (const { line, why } of unseen.slice(0, MOST_LISTED)) lines.push(`  line ${line}: ${comment(why)}`);
    if (unseen.length > MOST_LISTED) lines.push(`  and ${unseen.length - MOST_LISTED} more lines`);
  }
  const body = lines.map((line) => (line === "" ? " *" : ` * ${line}`));
  return ["/* SPDX-License-Identifier: MIT */", "/*", ...body, " */"].join("\n");
}

const MOST_LISTED = 40;

function constants({ constants: all }: Frame): string[] {
  if (all.size === 0) return [];
  const defined = [...all].flatMap(([name, value]) => [`#ifndef ${name}`, `#define ${name} ${value}`, "#endif"]);
  return ["/* Older headers lack these. */", ...defined, ""];
}

// Who there is, and what they share.
function world(frame: Frame): string {
  const names = [...frame.processes.values()].join(", ");
  const members = [...frame.shared].map((symbol) => `\t${declaration(frame, symbol)};\n`);
  const values =
    members.length > 0 ? `\t/* Values that are bound after others were forked. */\n${members.join("")}` : "";
  return `enum process { NOBODY = -1, ${names}, NR_PROCESSES };

/* What all processes see. */
static struct {
	unsigned int step;
	unsigned int tests, failed, skipped;
	pid_t pid[NR_PROCESSES];
${values}} *shared;

#define BAILED_OUT UINT_MAX
`;
}

function declaration(frame: Frame, symbol: SymbolId): string {
  const name = frame.ownName(symbol);
  if (frame.scopes.counters.has(symbol)) return `unsigned long ${name}`;
  const { kind } = frame.program.symbols[symbol];
  if (kind === "address") return `char *${name}`;
  if (kind === "number") return `unsigned long ${name}`;
  return frame.rings.has(symbol) ? `struct ring ${name}` : `int ${name}`;
}

function storyFunction(frame: Frame, code: string): string {
  const own = frame.program.symbols
    .map(({ id }) => id)
    .filter((id) => !frame.shared.has(id) && frame.ownName(id) !== "")
    .filter((id) => frame.read.has(id) || frame.rings.has(id) || frame.scopes.counters.has(id));
  const declared = own.map((id) => {
    const { kind } = frame.program.symbols[id];
    const start = frame.rings.has(id) ? "{ 0 }" : kind === "address" ? "NULL" : kind === "number" ? "0" : "-1";
    return `\t${declaration(frame, id)} = ${start};`;
  });
  const head = declared.length > 0 ? `${declared.join("\n")}\n\n` : "";
  return `static void story(void)\n{\n${head}${code.trimEnd()}\n}`;
}

function mainFunction(frame: Frame, { model, plan }: Parts): string {
  const first = [...frame.scopes.births].filter(([, { at }]) => at < 0).map(([symbol]) => frame.process(symbol));
  const skips = [...frame.requirements].map(
    ([code, why]) => `\tif (${negated(code)})\n\t\tksft_exit_skip(${stringLiteral(why)});\n`,
  );
  const never = frame.program.machine.some(({ key, value }) => key === "thp" && value === "never");
  const huge = frame.hugePages && !never;
  const pool = frame.hugetlb ? `\twith_huge_pages(${frame.poolPages});\n` : "";
  return `int main(void)
{
	static const enum process first[] = { ${first.join(", ")} };
	cpu_set_t cpu;

	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	scratch = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || scratch == MAP_FAILED)
		return KSFT_FAIL;
	ksft_print_header();
	note_release("${model}");
${skips.join("")}${pool}	/* One CPU has one set of LRU batches, and turns are taken faster. */
	CPU_ZERO(&cpu);
	CPU_SET(sched_getcpu(), &cpu);
	sched_setaffinity(0, sizeof(cpu), &cpu);
${huge ? "" : "\tprctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);\n"}	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	ksft_set_plan(${plan});
	run_processes(first, sizeof(first) / sizeof(first[0]));
	return ksft_finished();
}`;
}

function negated(code: string): string {
  if (code.startsWith("!")) return code.slice(1);
  return /^\w+\(\)$/.test(code) ? `!${code}` : `!(${code})`;
}
