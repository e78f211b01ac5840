// server/RULES.md: the rules of mm-semantics §1 to §5, how each is broken on purpose, and which trace notices.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Mutant } from "../../test/mutants/mutant.ts";
import { MUTANTS } from "../../test/mutants/mutants.ts";
import { readNoticed } from "../../test/mutants/noticed.ts";
import { UNSEEN } from "../../test/mutants/unseen.ts";

export interface Subsection {
  readonly number: string;
  readonly title: string;
}

const HEADING = /^### ([1-5]\.\d+a?) (.+)$/gm;

// The subsections of mm-semantics §1 to §5, in their order.
export function subsections(root: string): Subsection[] {
  const text = readFileSync(join(root, "server/mm-semantics.md"), "utf8");
  return [...text.matchAll(HEADING)].map(([, number, title]) => ({ number, title }));
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}

function where({ change }: Mutant): string {
  return "file" in change ? `\`${change.file}\`` : `\`${change.field}\` of ${change.release} as in ${change.like}`;
}

export function ruleTable(root: string): string {
  const noticed = readNoticed();
  const parts = subsections(root).map(({ number, title }) => {
    const own = MUTANTS.filter(({ section }) => section === number);
    const rows = own.map((mutant) => {
      return `| ${cell(mutant.rule)} | ${cell(where(mutant))} | ${cell(noticed.get(mutant.rule) ?? "(not recorded)")} |`;
    });
    const table = ["| broken | where | noticed by |", "|---|---|---|", ...rows].join("\n");
    const unseen = (UNSEEN[number] ?? []).map((sentence) => `- ${sentence}`).join("\n");
    const shown = [own.length > 0 ? table : "", unseen && `No trace can tell:\n\n${unseen}`];
    return [`## §${number} ${title}`, ...shown.filter((part) => part !== "")].join("\n\n");
  });
  return `# Rules and who watches them

Generated from \`test/mutants\` and \`test/golden/mutants.json\`. Each line breaks one rule of [mm-semantics](mm-semantics.md) §1
to §5, says where, and names a trace that fails then, under a model; there may be others. \`npm run mutants\` tries all of
them, \`UPDATE=1 npm run mutants new\` adds what notices new ones.

${parts.join("\n\n")}
`;
}
