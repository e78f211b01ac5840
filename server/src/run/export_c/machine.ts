// Settings of the simulated machine that a program cannot give a real one.

import type { Problem } from "../../lang/problem.ts";
import type { Program } from "../../lang/program.ts";
import { problemAt } from "./refusal.ts";

// What a real machine is anyway, or what the program sees to.
const FOLLOWED: Readonly<Record<string, RegExp>> = {
  arch: /^x86_64$/,
  thp: /^(never|madvise)$/,
  hugetlb_pages: /./,
  lru_batch: /./,
  layout: /./,
  seed: /./,
  swap_device: /./,
  fault_around: /^64K$/,
  page_mapcount: /^on$/,
  refcount_bits: /^32$/,
  mapcount_bits: /^32$/,
  max_map_count: /^65530$/,
  ksm_zero_pages: /^off$/,
};

export function machineProblems(program: Program): Problem[] {
  return program.machine
    .filter(({ key, value }) => !(Object.hasOwn(FOLLOWED, key) && FOLLOWED[key].test(value)))
    .map((setting) =>
      problemAt(
        setting,
        `cannot be exported: a program does not set \`${setting.key}=${setting.value}\` of a real machine`,
      ),
    );
}
