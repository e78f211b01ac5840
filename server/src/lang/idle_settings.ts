// Settings of the machine that change nothing under a model, as its kernel knows nothing of what they set.

import type { Model } from "../mm/model.ts";
import { MODELS } from "../mm/models.ts";
import type { ModelName } from "../mm/releases.ts";
import { modelsOf } from "./models.ts";
import type { Problem } from "./problem.ts";
import type { MachineSetting, Program } from "./program.ts";

interface Idle {
  readonly has: (model: Model) => boolean;
  // What the kernel lacks, and since when others have it.
  readonly lacks: string;
}

const IDLE: Readonly<Record<string, Idle>> = {
  mthp: { has: ({ mthp }) => mthp, lacks: "no multi-size THP; 6.8 and later have it" },
  "page_mapcount=off": {
    has: ({ pageMapcountIsOptional }) => pageMapcountIsOptional,
    lacks: "a mapcount for every page; 6.15 and later can do without",
  },
};

// A trace that names a model for which the setting counts wants to see the difference: nothing is said of the others then.
export function idleSettings(program: Program, name: ModelName): Problem[] {
  const model = MODELS.get(name);
  if (model === undefined) return [];
  const named = modelsOf(program);
  const others = named.includes(name) ? named.flatMap((other) => MODELS.get(other) ?? []) : [model];
  return program.machine.flatMap((setting) => {
    const idle = idleOf(setting);
    if (idle === undefined || others.some(idle.has)) return [];
    const { line, start, end, key } = setting;
    const message = `\`${key}\` changes nothing here: ${name} has ${idle.lacks}`;
    return [{ range: { line, start, end }, code: "idle-setting", severity: "warning", message }];
  });
}

function idleOf({ key, value }: MachineSetting): Idle | undefined {
  return IDLE[key] ?? IDLE[`${key}=${value}`];
}
