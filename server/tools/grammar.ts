// The words of the TextMate grammar out of the tables of the language. The grammar's own file gives the rest.

import { FUNCTIONS } from "../src/lang/bind_expression.ts";
import { OPS } from "../src/lang/ops.ts";
import { ACCESS_OUTCOMES } from "../src/lang/outcomes.ts";
import { PROTECTIONS } from "../src/lang/words.ts";

// A list of words in the grammar, found by what stands around it.
interface Slot {
  readonly name: string;
  // One group before the words, the words, and one behind them.
  readonly pattern: RegExp;
  readonly words: readonly string[];
}

const OPERATIONS = alternatives(OPS.keys());

const SLOTS: readonly Slot[] = [
  {
    name: "operations behind a name",
    pattern: /(\(\?=\\\\s\*\(\?:)([a-z_|0-9]+)(\)\\\\s\*\\\\\()/g,
    words: OPERATIONS,
  },
  { name: "operations", pattern: /(\(\?<!\[\.\\\\w\]\)\()([a-z_|0-9]+)(\)\(\?=\\\\s\*\\\\\()/g, words: OPERATIONS },
  {
    name: "functions",
    pattern: /("match": "\\\\b\()([a-z_|0-9]+)(\)\(\?=\\\\s\*\\\\\()/g,
    words: alternatives(FUNCTIONS.map((spec) => spec.name)),
  },
  {
    name: "outcomes",
    pattern: /(constant\.language\.outcome\.mmtrace",\s*"match": "\\\\b\(\?:)([A-Za-z_|0-9]+)(\)\\\\b)/g,
    words: alternatives([...ACCESS_OUTCOMES, "ok"]),
  },
  {
    name: "flags",
    pattern: /(constant\.language\.flag\.mmtrace",\s*"match": "\\\\b\(\?:)([A-Za-z_|0-9]+)(\)\\\\b)/g,
    words: alternatives([...argumentWords()]),
  },
];

// The grammar with its words as the tables have them. Throws when a place for words is not where it is expected.
export function grammar(template: string): string {
  let text = template;
  for (const { name, pattern, words } of SLOTS) {
    if (!new RegExp(pattern.source).test(text)) throw new Error(`the grammar has no place for the ${name}`);
    text = text.replace(pattern, (_, before: string, __: string, behind: string) => before + words.join("|") + behind);
  }
  return text;
}

// Longest first, so that no word hides another that it begins.
function alternatives(words: Iterable<string>): string[] {
  return [...new Set(words)].sort((a, b) => b.length - a.length || (a < b ? -1 : 1));
}

// Words that arguments take. Protections of one letter are left out: in a trace such a word is a name more often.
function* argumentWords(): Generator<string> {
  for (const { params } of OPS.values()) {
    for (const { of } of params) {
      if (of.kind !== "flags" && of.kind !== "word") continue;
      for (const word of of.words) {
        yield word.name;
        yield* word.aliases ?? [];
      }
    }
  }
  yield* PROTECTIONS.filter((name) => name.length > 1);
}
