// The flags of a pin by their names in the kernel.

import {
  FOLL_FAST_ONLY,
  FOLL_FORCE,
  FOLL_GET,
  FOLL_LONGTERM,
  FOLL_NOFAULT,
  FOLL_PIN,
  FOLL_TOUCH,
  FOLL_UNLOCKABLE,
  FOLL_WRITE,
} from "../mm/abi.ts";

export const PIN_FLAG_NAMES: readonly (readonly [number, string])[] = [
  [FOLL_GET, "FOLL_GET"],
  [FOLL_PIN, "FOLL_PIN"],
  [FOLL_WRITE, "FOLL_WRITE"],
  [FOLL_LONGTERM, "FOLL_LONGTERM"],
  [FOLL_FORCE, "FOLL_FORCE"],
  [FOLL_FAST_ONLY, "FOLL_FAST_ONLY"],
  [FOLL_NOFAULT, "FOLL_NOFAULT"],
  [FOLL_UNLOCKABLE, "FOLL_UNLOCKABLE"],
  [FOLL_TOUCH, "FOLL_TOUCH"],
];
