// A person's path through the workbench: what is seen and clicked, with Playwright in the place of eyes and hands.

import type { Scene } from "./run.ts";
import type { Verdict } from "./suite/harness.ts";

export async function person(_scene: Scene): Promise<Verdict[]> {
  return [];
}
