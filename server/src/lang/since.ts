// Which models have something that not all of them have.

import { baseRelease, compareReleases, type ModelName } from "../mm/releases.ts";
import type { Since } from "./words.ts";

export function absent(model: ModelName, { since, only }: Since): boolean {
  if (only !== undefined) return !only.includes(model);
  return since !== undefined && compareReleases(baseRelease(model), since) < 0;
}
