// What a model is: a record of the rules in which kernels differ. The subsystems ask the model and never compare releases.
// Each subject has its questions in a file model_*.ts, and what each release answers in the file history_*.ts beside it.

import type { CowRules } from "./model_cow.ts";
import type { ExclusiveRules } from "./model_exclusive.ts";
import type { FaultRules } from "./model_faults.ts";
import type { FileFolioRules } from "./model_file_folios.ts";
import type { FileRules } from "./model_files.ts";
import type { LargeFolioRules } from "./model_folios.ts";
import type { HugePageRules } from "./model_huge.ts";
import type { HugetlbRules } from "./model_hugetlb.ts";
import type { KsmRules } from "./model_ksm.ts";
import type { LruRules } from "./model_lru.ts";
import type { AdviceRules } from "./model_madvise.ts";
import type { MigrateRules } from "./model_migrate.ts";
import type { PinRules } from "./model_pins.ts";
import type { ReferenceRules } from "./model_references.ts";
import type { RefpageRules } from "./model_refpage.ts";
import type { SplitRules } from "./model_split.ts";
import type { SwapRules } from "./model_swap.ts";
import type { VmaRules } from "./model_vma.ts";
import type { ModelName } from "./releases.ts";

export interface Model
  extends AdviceRules,
    CowRules,
    ExclusiveRules,
    FaultRules,
    FileFolioRules,
    FileRules,
    HugePageRules,
    HugetlbRules,
    KsmRules,
    LargeFolioRules,
    LruRules,
    MigrateRules,
    PinRules,
    ReferenceRules,
    RefpageRules,
    SplitRules,
    SwapRules,
    VmaRules {
  readonly name: ModelName;
}
