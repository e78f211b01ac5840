// Which operations does this version simulate? A call that needs another one becomes a comment. The language's own tables say.

import { ADVICE, MAP_FLAGS } from "../../lang/op_words.ts";
import { OPS } from "../../lang/ops.ts";

/** `munmap`; and `madvise dontneed`, `mmap hugetlb` for the words that an operation takes. */
export const SIMULATED: ReadonlySet<string> = new Set([
  ...[...OPS.values()].filter((op) => op.simulated).map((op) => op.name),
  ...ADVICE.filter((word) => word.simulated).map((word) => `madvise ${word.name}`),
  ...MAP_FLAGS.filter((word) => word.simulated).map((word) => `mmap ${word.name}`),
]);
