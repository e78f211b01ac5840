// fast-check's choices for the random traces of server/src/run/fuzz: what it finds it shrinks.

import fc from "fast-check";
import { MOST, PICKS } from "../../server/src/run/fuzz/choice.ts";

const choice = fc.record({
  op: fc.nat(MOST - 1),
  picks: fc.array(fc.nat(MOST - 1), { minLength: PICKS, maxLength: PICKS }),
});

export const choices = fc.array(choice, { minLength: 1, maxLength: 60, size: "max" });
