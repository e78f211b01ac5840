// The reference manual, server/OPERATIONS.md, out of the tables of the language.

import { FUNCTIONS } from "../src/lang/bind_expression.ts";
import { CODES } from "../src/lang/codes.ts";
import { type FieldOwner, type FieldSpec, fieldsOf } from "../src/lang/fields.ts";
import { modelDoc } from "../src/lang/models.ts";
import { GROUPS, OPS, type OpSpec, type Param } from "../src/lang/ops.ts";
import { ACCESS_OUTCOMES, OUTCOME_DOCS } from "../src/lang/outcomes.ts";
import { defaultText } from "../src/lang/settings.ts";
import type { Since, WordSpec } from "../src/lang/words.ts";
import { MACHINE_KEYS, type MachineSetting } from "../src/mm/machine.ts";
import { MODELS } from "../src/mm/models.ts";
import { MODEL_NAMES } from "../src/mm/releases.ts";

export function manual(): string {
  return `${[introduction(), operations(), fields(), functions(), outcomes(), machine(), models(), codes()].join("\n\n")}\n`;
}

function introduction(): string {
  return `# Reference

Made from the tables in \`server/src/lang\` by \`npx tsx server/tools/generate.ts\`; a test says when it is stale.
Section numbers are those of [mm-semantics.md](mm-semantics.md). What this version knows and does not simulate yet is
marked *not simulated yet*: a trace that uses it is refused.

- [Operations](#operations): ${GROUPS.map((group) => `[${group}](#${anchor(group)})`).join(", ")}
- [Fields](#fields), [functions](#functions), [outcomes](#outcomes)
- [The machine](#the-machine), [models](#models), [problem codes](#problem-codes)`;
}

function operations(): string {
  const groups = GROUPS.map((group) => {
    const specs = [...OPS.values()].filter((spec) => spec.group === group);
    return `### ${group}\n\n${specs.map(operation).join("\n\n")}`;
  });
  return `## Operations\n\n${groups.join("\n\n")}`;
}

function operation(spec: OpSpec): string {
  const gives = spec.result ? ` → ${spec.result}` : "";
  const parts = [
    `#### \`${spec.synopsis}\`${gives}${spec.simulated ? "" : "\n\n*Not simulated yet.*"}${availability(spec)}`,
    spec.doc,
  ];
  if (spec.params.length > 0) parts.push(spec.params.map(parameter).join("\n"));
  if (spec.errnos.length > 0) parts.push(`Errors: ${spec.errnos.map(([name, when]) => `${name} — ${when}`).join(" ")}`);
  parts.push(`\`\`\`mmtrace\n${spec.example}\n\`\`\``);
  return parts.join("\n\n");
}

function parameter(param: Param): string {
  const { of } = param;
  const own = `- \`${param.name}\`${param.required ? "" : " (optional)"}: ${param.doc}`;
  if (of.kind !== "flags" && of.kind !== "word") return own;
  return [
    own,
    ...of.words.map((word) => `  - \`${word.name}\`${aliases(word)}: ${word.doc}${mark(word)}${availability(word)}`),
  ].join("\n");
}

function aliases(word: WordSpec): string {
  return word.aliases ? ` (or ${word.aliases.map((alias) => `\`${alias}\``).join(", ")})` : "";
}

function mark(what: { readonly simulated: boolean }): string {
  return what.simulated ? "" : " *Not simulated yet.*";
}

function availability({ since, only, errno }: Since): string {
  const before = errno ? `; ${errno} otherwise` : "";
  if (only) return ` *Only ${only.join(", ")}${before}.*`;
  return since ? ` *Since ${since}${before}.*` : "";
}

const OWNERS: readonly (readonly [FieldOwner, string])[] = [
  ["page", "`page(…)`"],
  ["folio", "`page(…).folio`"],
  ["pte", "`pte(…)`"],
  ["vma", "`vma(…)`"],
  ["process", "a process"],
  ["pin", "a pin"],
  ["file", "a file"],
  ["last", "`last`"],
  ["machine", "`machine`"],
  ["model", "`model`"],
];

function fields(): string {
  const tables = OWNERS.map(([owner, title]) => {
    const rows = fieldsOf(owner).map(
      (spec) => `| \`${spec.name}\` | ${type(spec)} | ${cell(spec.doc)}${releases(spec)} | ${cell(spec.source)} |`,
    );
    return `### Fields of ${title}\n\n| field | type | meaning | where |\n|---|---|---|---|\n${rows.join("\n")}`;
  });
  return `## Fields\n\n${tables.join("\n\n")}`;
}

function type(spec: FieldSpec): string {
  const words = spec.words && spec.words.length <= 12 ? `: ${spec.words.map((word) => `\`${word}\``).join(" ")}` : "";
  return `${spec.type}${spec.unit ? ` (${spec.unit})` : ""}${words}`;
}

function releases({ since, until, also }: FieldSpec): string {
  const parts = [since && `since ${since}`, until && `before ${until}`, also && `also ${also.join(", ")}`].filter(
    Boolean,
  );
  return parts.length > 0 ? ` *${parts.join(", ")}*` : "";
}

function functions(): string {
  return `## Functions\n\n${FUNCTIONS.map((spec) => `- \`${spec.synopsis}\`: ${spec.doc}`).join("\n")}\n- \`pin.page(i)\`: Page i of a pin, counted from 0; \`none\` past its end.`;
}

function outcomes(): string {
  const rows = ACCESS_OUTCOMES.map((name) => `| \`${name}\` | ${cell(OUTCOME_DOCS[name])} |`);
  return `## Outcomes\n\nBehind \`->\` of an access. Of a call it is \`ok\` or the name of an errno.\n\n| outcome | what happened |\n|---|---|\n${rows.join("\n")}`;
}

function machine(): string {
  const rows = MACHINE_KEYS.map(
    (spec) => `| \`${spec.key}\` | ${cell(values(spec))} | \`${defaultText(spec)}\` | ${cell(spec.doc)}${mark(spec)} |`,
  );
  return `## The machine\n\n| key | values | default | meaning |\n|---|---|---|---|\n${rows.join("\n")}`;
}

function values({ value }: MachineSetting): string {
  switch (value.kind) {
    case "word":
      return value.words.map((word) => `\`${word}\``).join(" ");
    case "switch":
      return "`off` `on`";
    case "sizes":
      return "sizes joined by `|`";
    case "size":
    case "number":
      return `${value.kind} from ${value.min} to ${value.max}`;
  }
}

function models(): string {
  const rows = MODEL_NAMES.map(
    (name) => `| \`${name}\` | ${cell(modelDoc(name))} | ${MODELS.has(name) ? "yes" : "not yet"} |`,
  );
  return `## Models\n\n| model | what it is | simulated |\n|---|---|---|\n${rows.join("\n")}`;
}

function codes(): string {
  const rows = Object.entries(CODES).map(([code, doc]) => `| \`${code}\` | ${cell(doc)} |`);
  return `## Problem codes\n\n| code | meaning |\n|---|---|\n${rows.join("\n")}`;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

function anchor(title: string): string {
  return title.toLowerCase().replaceAll("'", "").replaceAll(" ", "-");
}
