// What a random line says behind its arrow: what the operation came to in the simulator.

import type { OpSpec } from "../../lang/ops.ts";
import { accepted } from "../expected.ts";
import { signalName } from "../steps.ts";

// ` -> minor cow` of an access, ` -> EINVAL` of a call; nothing behind a call that succeeds.
export function cameTo(spec: OpSpec, bits: number, errno: string | undefined): string {
  const outcome = spec.access ? accepted(bits, errno) : (errno ?? signalName(bits) ?? "ok");
  return outcome === "ok" ? "" : ` -> ${outcome}`;
}
