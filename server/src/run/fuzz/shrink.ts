// The shortest trace that still does what a long one does: lines go, then arguments get simpler, as long as it does.
//
// Delta debugging (Zeller and Hildebrandt, 2002) over lines, from the end, since what follows the place does not matter.

import { analyse } from "../../lang/document.ts";
import type { ModelName } from "../../mm/releases.ts";
import { bodyOf, headOf, type Settled, settle } from "./settle.ts";
import { simplerLines } from "./simpler.ts";
import { tidyNames } from "./tidy_names.ts";
import { simplerTraces } from "./wholesale.ts";

export interface Shrunk {
  readonly text: string;
  // Traces that were tried.
  readonly tries: number;
}

export interface ShrinkOptions {
  // At most so many traces are tried.
  readonly tries?: number;
  say?(text: string): void;
}

const TRIES = 500;

// `fails` says whether the trace still does it. Under the same answers the result is the same. Each trace that is tried
// says in its lines what it comes to under the model.
export async function shrink(
  text: string,
  model: ModelName,
  fails: (text: string) => Promise<boolean>,
  options: ShrinkOptions = {},
): Promise<Shrunk> {
  const head = headOf(text, model);
  const most = options.tries ?? TRIES;
  const tried = new Set<string>();
  let best: Settled = settle(head, bodyOf(text), model) ?? { body: [], text };

  // Whether the trace of these lines still does it; it is the best one then.
  const works = async (lines: readonly string[]): Promise<boolean> => {
    if (tried.size >= most) return false;
    const made = settle(head, lines, model);
    if (made === undefined || tried.has(made.text) || made.text === best.text) return false;
    tried.add(made.text);
    options.say?.(`shrinking: ${best.body.length} lines, ${tried.size} traces tried`);
    if (!(await fails(made.text))) return false;
    best = made;
    return true;
  };

  let before = "";
  while (before !== best.text && tried.size < most) {
    before = best.text;
    await fewerLines(() => best.body, works);
    await simplerWhole(() => best.body, works);
    await simplerArguments(head, () => best.body, works);
  }
  const tidy = settle(head, tidyNames(best.body), model);
  if (tidy !== undefined && (await fails(tidy.text))) best = tidy;
  return { text: best.text, tries: tried.size };
}

async function fewerLines(
  body: () => readonly string[],
  works: (lines: readonly string[]) => Promise<boolean>,
): Promise<void> {
  for (let size = Math.ceil(body().length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = body().length; end > 0; ) {
      const start = Math.max(0, end - size);
      const lines = body();
      await works([...lines.slice(0, start), ...lines.slice(end)]);
      end = Math.min(start, body().length);
    }
  }
}

// Tries again from the first form after each that works.
async function simplerWhole(
  body: () => readonly string[],
  works: (lines: readonly string[]) => Promise<boolean>,
): Promise<void> {
  for (let went = true; went; ) {
    went = false;
    for (const lines of simplerTraces(body())) {
      went = await works(lines);
      if (went) break;
    }
  }
}

async function simplerArguments(
  head: readonly string[],
  body: () => readonly string[],
  works: (lines: readonly string[]) => Promise<boolean>,
): Promise<void> {
  for (let at = body().length - 1; at >= 0; at--) {
    let went = true;
    while (went && at < body().length) {
      went = false;
      const lines = body();
      for (const line of alternatives(head, lines, at)) {
        if (await works([...lines.slice(0, at), line, ...lines.slice(at + 1)])) {
          went = true;
          break;
        }
      }
    }
  }
}

function alternatives(head: readonly string[], lines: readonly string[], at: number): string[] {
  const { program } = analyse([...head, ...lines].join("\n"));
  const statement = program.statements.find(({ line }) => line === head.length + at);
  return statement?.kind === "operation" ? simplerLines(program, statement, lines[at]) : [];
}
