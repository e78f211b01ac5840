// Does fork reuse an anon_vma of the parent's chain for the child? mm-semantics §13, bug 23.

import { condition } from "./frames.ts";
import type { Kernel } from "./kernel.ts";

const DEGREE = condition("anon_vma->degree < 2", "degree");
const NO_ACTIVE_VMAS = condition("anon_vma->num_children < 2 && anon_vma->num_active_vmas == 0", "num_active_vmas");

// Up to 5.19: children and VMAs are counted together, so one whose only user is the VMA of another process passes as
// well (CVE-2022-42703). anon_vma_clone(), mm/rmap.c, before 2555283eb40d.
export function reuses_by_degree(k: Kernel, anon_vma: number, active: number): boolean {
  if (anon_vma === active) return false;
  const degree = k.rmap.activeVmas(anon_vma) + k.rmap.liveChildren(anon_vma);
  return k.decide(DEGREE, degree, degree < 2);
}

// From 6.0 on (2555283eb40d): nobody's pages go there any more, and at most one child hangs below it.
export function reuses_by_children(k: Kernel, anon_vma: number): boolean {
  const vmas = k.rmap.activeVmas(anon_vma);
  return k.decide(NO_ACTIVE_VMAS, vmas, vmas === 0 && k.rmap.liveChildren(anon_vma) < 2);
}
