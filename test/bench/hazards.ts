// The search for hazards: distinct states a second, and what a second worker brings.

import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MODELS } from "../../server/src/mm/models.ts";
import type { ModelName } from "../../server/src/mm/releases.ts";
import { explore } from "../../server/src/run/hazards/explore.ts";
import { sceneOf } from "../../server/src/run/hazards/results.ts";
import type { SceneName } from "../../server/src/run/hazards/scene.ts";
import type { Row } from "./table.ts";

const program = fileURLToPath(new URL("../../dist/mmtrace.js", import.meta.url));
// Enough work for the processes' start not to count.
const WHOLE = ["hazards", "--scene", "page", "--depth", "5", "--json"];

export function hazardSearch(): Row[] {
  return [
    { name: "hazards: one page under 6.12, length 7", ...speed("page", "6.12", 7), aim: "≥ 50,000" },
    { name: "hazards: one huge page under 6.12, length 4", ...speed("thp", "6.12", 4) },
    ...(existsSync(program) ? [workers()] : []),
  ];
}

// Of the time that a core gave the search, which is what others leave of it; the best of three.
function speed(scene: SceneName, name: ModelName, depth: number): Pick<Row, "value" | "unit"> {
  const model = MODELS.get(name);
  if (!model) throw new Error(`${name} is not simulated`);
  const speeds = [1, 2, 3].map(() => {
    const began = process.cpuUsage();
    const { states } = explore(model, sceneOf(scene), { depth });
    const { user, system } = process.cpuUsage(began);
    return states / ((user + system) / 1e6);
  });
  return { value: Math.max(...speeds), unit: "states/s" };
}

function workers(): Row {
  const seconds = (count: number) => {
    const began = performance.now();
    execFileSync(process.execPath, [program, ...WHOLE, "--workers", String(count)], { maxBuffer: 2 ** 28 });
    return (performance.now() - began) / 1000;
  };
  return { name: "hazards: two workers", value: seconds(1) / seconds(2), unit: "× one", aim: "≥ 1.7" };
}
