// What the words of the language mean, as Markdown from the tables: for hovers and completions.

import { FUNCTIONS } from "../lang/bind_expression.ts";
import { type FieldOwner, type FieldSpec, fieldOf } from "../lang/fields.ts";
import { OPS, type OpSpec, type Param } from "../lang/ops.ts";
import { isErrnoName, OUTCOME_DOCS } from "../lang/outcomes.ts";
import { findWord, type Since, type WordSpec } from "../lang/words.ts";
import { ERRNOS } from "../mm/abi.ts";
import { MACHINE_KEYS, type SettingKind } from "../mm/machine.ts";
import { MODELS } from "../mm/models.ts";
import type { OutcomeName } from "../mm/outcome.ts";
import { baseRelease, MODEL_NAMES, type ModelName, PROPOSALS } from "../mm/releases.ts";
import { KEYWORD_DOCS } from "./keywords.ts";

// What a completion's `docKey` stands for: `op:mmap`, `field:page.refcount`, `word:private`.
export function documentation(key: string): string | undefined {
  const colon = key.indexOf(":");
  const name = key.slice(colon + 1);
  const [owner, part] = name.split(".");
  switch (key.slice(0, colon)) {
    case "op": {
      const op = OPS.get(name);
      return op && operationDoc(op);
    }
    case "param": {
      const param = OPS.get(owner)?.params.find((candidate) => candidate.name === part);
      return param && parameterDoc(param);
    }
    case "field": {
      const field = fieldOf(owner as FieldOwner, part);
      return field && fieldDoc(field);
    }
    case "word":
      return wordDoc(part, owner, wordOf(owner, part));
    case "model":
      return modelDoc(name);
    case "setting":
      return settingDoc(name);
    case "outcome":
      return outcomeDoc(name);
    case "function":
      return functionDoc(name);
    case "keyword":
      return keywordDoc(name);
    default:
      return undefined;
  }
}

export function operationDoc(op: OpSpec): string {
  return sections(
    code(op.result === undefined ? op.synopsis : `${op.synopsis} → ${resultName(op)}`),
    op.simulated ? undefined : "*Not simulated yet.*",
    op.doc,
    availability(op),
    op.errnos.map(([errno, when]) => `- \`${errno}\`: ${when}`).join("\n"),
    code(op.example),
  );
}

export function parameterDoc(param: Param): string {
  const facts = param.required ? "required" : param.default ? `default \`${param.default}\`` : "may be left out";
  return sections(`**${param.name}** — ${facts}`, param.doc);
}

export function wordDoc(text: string, of: string, spec: WordSpec | undefined): string | undefined {
  if (!spec) return of === "prot" ? protectionDoc(text) : `**${text}** — a value of \`${of}\``;
  return sections(
    `**${spec.name}** — \`${of}\``,
    spec.simulated ? undefined : "*Not simulated yet.*",
    spec.doc,
    availability(spec),
  );
}

export function fieldDoc(spec: FieldSpec): string {
  const unit = spec.unit ? `, in ${spec.unit}` : "";
  const words = spec.words ? `: ${spec.words.map((word) => `\`${word}\``).join(", ")}` : "";
  return sections(
    `**${spec.of}.${spec.name}** — ${spec.type}${unit}${words}`,
    spec.simulated ? undefined : "*Not simulated yet.*",
    spec.doc,
    availability(spec),
    `Kernel: ${spec.source}`,
  );
}

export function modelDoc(name: string): string | undefined {
  if (!(MODEL_NAMES as readonly string[]).includes(name)) return undefined;
  const model = name as ModelName;
  const proposal = model in PROPOSALS ? PROPOSALS[model as keyof typeof PROPOSALS] : undefined;
  return sections(
    proposal ? `**${name}** — a proposal on top of ${baseRelease(model)}: ${proposal.idea}` : `**Linux ${name}**`,
    MODELS.has(model) ? undefined : "*Not simulated yet.*",
  );
}

export function settingDoc(key: string): string | undefined {
  const setting = MACHINE_KEYS.find((candidate) => candidate.key === key);
  if (!setting) return undefined;
  return sections(
    `**${key}=**${valuesText(setting.value)}`,
    setting.simulated || setting.idle === "any" ? undefined : "*Only its default is simulated yet.*",
    setting.doc,
  );
}

export function outcomeDoc(word: string): string | undefined {
  if (word in OUTCOME_DOCS) return `**${word}** — ${OUTCOME_DOCS[word as OutcomeName]}`;
  if (word === "ok") return "**ok** — the call succeeds.";
  return isErrnoName(word) ? `**${word}** — the call fails with this errno (${ERRNOS[word]}).` : undefined;
}

export function functionDoc(name: string): string | undefined {
  const found = FUNCTIONS.find((candidate) => candidate.name === name);
  return found && sections(code(found.synopsis), found.doc);
}

export function keywordDoc(word: string): string | undefined {
  const found = KEYWORD_DOCS[word];
  return found && sections(code(found.form), found.doc);
}

export function code(text: string): string {
  return `\`\`\`mmtrace\n${text}\n\`\`\``;
}

export function sections(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined && part !== "").join("\n\n");
}

// The word in the table of the operation that takes it.
function wordOf(operation: string, word: string): WordSpec | undefined {
  for (const { of } of OPS.get(operation)?.params ?? []) {
    const found = of.kind === "flags" || of.kind === "word" ? findWord(of.words, word) : undefined;
    if (found) return found;
  }
  return undefined;
}

function protectionDoc(text: string): string | undefined {
  if (text === "none") return "**none** — no access: a later touch is SIGSEGV";
  if (!/^[rwx]+$/.test(text)) return undefined;
  const letters: Record<string, string> = { r: "readable", w: "writable", x: "executable" };
  return `**${text}** — ${[...text].map((letter) => letters[letter]).join(", ")}`;
}

function availability(spec: Since & { readonly until?: string }): string | undefined {
  const before = spec.errno ? `; before, ${spec.errno}` : "";
  const facts = [
    spec.since ? `Since ${spec.since}${before}.` : "",
    spec.until ? `Before ${spec.until}.` : "",
    spec.only ? `Only under ${spec.only.map((model) => `\`${model}\``).join(", ")}.` : "",
  ];
  return facts.filter((fact) => fact !== "").join(" ") || undefined;
}

function resultName(op: OpSpec): string {
  return op.result === "unknown" ? "value" : (op.result ?? "");
}

function valuesText(kind: SettingKind): string {
  switch (kind.kind) {
    case "word":
      return kind.words.map((word) => `\`${word}\``).join(" | ");
    case "switch":
      return "`off` | `on`";
    case "sizes":
      return "sizes joined by `|`";
    case "size":
    case "number":
      return ` a ${kind.kind}, ${kind.min.toLocaleString("en-US")} to ${kind.max.toLocaleString("en-US")}`;
  }
}
