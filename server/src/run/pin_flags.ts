// The flags of a pin by their names in the kernel: those that say what the references are, not how they were had.

import { FOLL_FORCE, FOLL_GET, FOLL_LONGTERM, FOLL_PIN, FOLL_WRITE } from "../mm/abi.ts";

export const PIN_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [FOLL_GET, "FOLL_GET"],
  [FOLL_PIN, "FOLL_PIN"],
  [FOLL_WRITE, "FOLL_WRITE"],
  [FOLL_LONGTERM, "FOLL_LONGTERM"],
  [FOLL_FORCE, "FOLL_FORCE"],
];
