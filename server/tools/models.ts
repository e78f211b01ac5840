// Where each rule of each model comes from: the first release in the chain that has it as it is.

import { readdirSync } from "node:fs";
import type { Change, Rules } from "../src/mm/history.ts";
import type { Model } from "../src/mm/model.ts";
import { HISTORY, MODELS, RELEASE_MODELS } from "../src/mm/models.ts";
import { PROPOSED } from "../src/mm/proposals.ts";
import { baseRelease, type ModelName } from "../src/mm/releases.ts";

// A function that leaves a frame has no name of its own; its export has. Rules stand in reuse.ts and *_rules.ts.
const NAMES = new Map<unknown, string>();
const MM = new URL("../src/mm/", import.meta.url);
for (const file of readdirSync(MM).filter((name) => /(^reuse|_rules)\.ts$/.test(name))) {
  const rules: Record<string, unknown> = await import(new URL(file, MM).href);
  for (const [name, rule] of Object.entries(rules)) NAMES.set(rule, name);
}

// A model's rule as text: a function by its name, a constant as it is.
function shown(rule: Model[keyof Model]): string {
  if (typeof rule === "function") {
    const name = NAMES.get(rule);
    if (name === undefined) throw new Error(`no file of rules exports ${rule}`);
    return `\`${name}\``;
  }
  return Array.isArray(rule) ? rule.map((word) => `\`${word}\``).join(" ") || "none" : `${rule}`;
}

// server/MODELS.md.
export function modelTable(): string {
  const models = RELEASE_MODELS.map((name) => MODELS.get(name)).filter((model) => model !== undefined);
  const rules = Object.keys(models[0]).filter((rule) => rule !== "name") as (keyof Rules)[];
  const rows = rules.map((rule) => {
    const cells = models.map((model, i) => {
      const same = i > 0 && models[i - 1][rule] === model[rule];
      return same ? "·" : shown(model[rule]);
    });
    return `| \`${rule}\` | ${cells.join(" | ")} |`;
  });
  const heads = models.map((model) => model.name);
  const line = `|---|${models.map(() => "---").join("|")}|`;
  return [
    "# Rules by release",
    "",
    "Each row is a question that the simulated kernel asks its model (`server/src/mm/model.ts` says what it means), each column a",
    "release. A dot stands for the answer of the release to the left, of which a model is made. Made from `server/src/mm/history_*.ts`.",
    "",
    `| rule | ${heads.join(" | ")} |`,
    line,
    ...rows,
    "",
    "## Origins",
    "",
    "Whose answer each model has: the release in whose [history](#history) it begins, and in brackets the mainline release\nthat had it first, where that is another.",
    "",
    `| rule | ${heads.join(" | ")} |`,
    line,
    ...rules.map((rule) => `| \`${rule}\` | ${origins(rule).join(" | ")} |`),
    "",
    "## History",
    "",
    "What each release changed of the one before it in this list. `mmtrace kernels --diff A B` prints the part between two.",
    "",
    ...HISTORY.flatMap(({ name, changes }) => [`### ${name}`, "", ...described(changes), ""]),
    ...proposed(),
  ].join("\n");
}

// What each proposal would change of its base release.
function proposed(): string[] {
  const all = Object.entries(PROPOSED);
  if (all.length === 0) return [];
  const lines = all.flatMap(([name, changes]) => [
    `### ${name}`,
    "",
    `On ${baseRelease(name as ModelName)}.`,
    "",
    ...changes.map(({ text, source, rules }) => {
      const answers = Object.entries(rules).map(([rule, answer]) => `\`${rule}\`: ${shown(answer)}`);
      return `- ${text} (${source}; ${answers.join(", ")})`;
    }),
    "",
  ]);
  return [
    "## Proposals",
    "",
    "What was never merged, and what each would answer otherwise than its base release.",
    "",
    ...lines,
  ];
}

function origins(rule: keyof Rules): string[] {
  let origin: string = HISTORY[0].name;
  return HISTORY.map(({ name, changes }) => {
    for (const { since, rules } of changes) if (rule in rules) origin = since === name ? name : `${name} (${since})`;
    return origin;
  });
}

function described(changes: readonly Change[]): string[] {
  if (changes.length === 0) return ["The oldest model: mm-semantics §7.1."];
  return changes.map(({ since, commits, text, rules }) => {
    const made = [since, ...commits.map((commit) => `\`${commit}\``)].join(" ");
    return `- ${text} (${made}; ${Object.keys(rules)
      .map((rule) => `\`${rule}\``)
      .join(", ")})`;
  });
}
