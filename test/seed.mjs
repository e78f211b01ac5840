// One seed for all random tests of a run, so that a run can be repeated; SEED=N takes another.

import fc from "fast-check";

fc.configureGlobal({ seed: Number(process.env.SEED ?? 1) });
