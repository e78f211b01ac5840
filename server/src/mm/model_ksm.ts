// The rules in which kernels differ about KSM.
// What each release answers stands in history_ksm.ts.

export interface KsmRules {
  // KSM gives a page back its own copy by an unshare, which leaves the entry clean and read-only (6.2, 6cce3314b928); before
  // by a write fault. break_ksm(), mm-semantics §5.9.
  readonly breakKsmUnshares: boolean;

  // The entry of a zero page that KSM placed is dirty, so that unmerging finds it (6.6, 79271476b336).
  readonly ksmMarksZeroPages: boolean;

  // KSM asks whether a page keeps still before it looks for its like in the stable tree (6.11, after ac90c56bbd01).
  readonly ksmAsksChecksumFirst: boolean;
}
