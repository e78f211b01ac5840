// What an operation came to on a real kernel, in the words of the language, from what can be seen from outside: how many
// faults were counted, and how the entries of the touched pages differ before and after.

import { OUTCOMES } from "../../mm/outcome.ts";
import { entryOver, frameAt } from "./entry_look.ts";
import type { GuestResult } from "./guest.ts";
import { address } from "./guest_look.ts";
import type { EntryLook, FrameLook, Look, ResultLook } from "./look.ts";
import type { Access } from "./plan.ts";
import type { Backing } from "./simulated.ts";

// The words that looking can find out. The others are never said of a real kernel.
const FAULT_WORDS = ["minor", "major"] as const;

interface Found {
  readonly words: Set<string>;
  readonly unsure: Set<string>;
}

export function resultLook(
  result: GuestResult,
  access: Access,
  before: Look | undefined,
  after: Look,
  backings: readonly Backing[],
): ResultLook {
  const found: Found = { words: new Set(), unsure: new Set() };
  if (access.kind === "user") userAccess(result, access, before, after, backings, found);
  else kernelAccess(result, access, before, after, backings, found);
  // A page beside the one that got the signal may have been mapped on the way: fault-around comes before the last look
  // at the file's end.
  if (result.signal !== undefined) for (const word of ["file", "shmem"]) found.unsure.add(word);
  if (result.signal !== undefined) found.words.add(result.signal === "SIGKILL" ? "OOM" : result.signal);
  // A page that was hit beside one that faulted is not worth a word: LANGUAGE.md, section 2.
  if (found.words.size > 1 && (found.words.has("minor") || found.words.has("major") || result.signal)) {
    found.words.delete("hit");
  }
  const errno = result.errno === access.unsaid ? undefined : result.errno;
  const failed = errno !== undefined;
  return {
    outcome: failed ? [] : [...found.words],
    unsure: [...found.unsure],
    minorFaults: result.minorFaults,
    majorFaults: result.majorFaults,
    errno,
    signal: result.signal,
    address: failed || !access.givesAddress ? undefined : address(result.value),
  };
}

// The processor's own accesses: the guest counts the faults of each page.
function userAccess(
  result: GuestResult,
  access: Access,
  before: Look | undefined,
  after: Look,
  backings: readonly Backing[],
  found: Found,
): void {
  const old = entriesOf(before, access.worker);
  const now = entriesOf(after, access.worker);
  if (result.pages.length === 0) found.words.add("hit");
  for (const page of result.pages) {
    countedAs(page.minor, page.major, found);
    const at = page.address - (page.address % 4096);
    changed(mappedAt(old, at), mappedAt(now, at), access.write, false, backingAt(backings, at), found);
  }
}

// Accesses that the kernel makes for a call (get_user_pages and its kin): only their sum is counted, and not where the
// page was found without a fault.
function kernelAccess(
  result: GuestResult,
  access: Access,
  before: Look | undefined,
  after: Look,
  backings: readonly Backing[],
  found: Found,
): void {
  const { minorFaults, majorFaults } = result;
  if (minorFaults === undefined || majorFaults === undefined) {
    for (const word of OUTCOMES) found.unsure.add(word);
    return;
  }
  if (minorFaults + majorFaults === 0) {
    // What khugepaged's work brings in from swap counts as nobody's fault.
    found.unsure.add("swapin");
    uncounted(access, before, after, backings, found);
    return;
  }
  countedAs(minorFaults, majorFaults, found);
  // Entries that were moved say nothing of how they were made.
  if (access.moves) {
    for (const word of OUTCOMES) if (word !== "minor" && word !== "major") found.unsure.add(word);
    return;
  }
  const old = entriesOf(before, access.worker);
  const now = entriesOf(after, access.worker);
  for (const entry of now) {
    const { address, frame } = entry;
    const backing = backingAt(backings, address);
    changed(mappedAt(old, address), { entry, frame }, access.write, true, backing, found);
  }
}

// Until 6.6 get_user_pages() has hugetlb's faults handled without counting them: only the entries tell, and where the same
// page is still mapped not even they, as mprotect changes entries, too.
function uncounted(
  access: Access,
  before: Look | undefined,
  after: Look,
  backings: readonly Backing[],
  found: Found,
): void {
  if (access.moves) return;
  const old = entriesOf(before, access.worker);
  for (const entry of entriesOf(after, access.worker)) {
    const { address, frame } = entry;
    if (!frame?.hugetlb) continue;
    const was = mappedAt(old, address);
    const same = was?.frame?.pfn === frame.pfn;
    if (same && was?.entry.writable === entry.writable && was?.frame?.exclusive === frame.exclusive) continue;
    if (same) found.unsure.add("reuse");
    else changed(was, { entry, frame }, access.write, true, backingAt(backings, address), found);
    for (const word of FAULT_WORDS) found.unsure.add(word);
  }
}

// A fault that was counted as major waited for the disk, or had to be tried again for another reason (5.9 and later
// count it so): which of the two was not visible.
function countedAs(minor: number, major: number, found: Found): void {
  if (minor > 0) found.words.add("minor");
  if (major > 0) {
    found.words.add("major");
    for (const word of FAULT_WORDS) found.unsure.add(word);
  }
}

// What translates a page, and the frame behind it there.
interface Mapped {
  readonly entry: EntryLook;
  readonly frame: FrameLook | undefined;
}

function changed(
  old: Mapped | undefined,
  now: Mapped | undefined,
  write: boolean,
  gup: boolean,
  backing: Backing["kind"] | undefined,
  found: Found,
): void {
  if (now?.entry.kind !== "present") return;
  const { frame } = now;
  if (old === undefined) {
    if (frame?.zero) found.words.add("zero");
    else if (frame?.hugetlb) found.words.add("hugetlb");
    else if (frame?.anon === undefined) for (const word of ["anon", "cow", "file", "shmem"]) found.unsure.add(word);
    else if (!frame.anon) found.words.add(backing === "shmem" ? "shmem" : "file");
    else found.words.add(backing === "anon" ? "anon" : "cow");
    newlyMapped(now, found);
    // A page that the page cache had in swap comes back with the fault; its entry does not say so.
    if (backing === "shmem") found.unsure.add("swapin");
    // A forced write faults once more at the entry that it was given.
    if (gup && write && now.entry.writable === false) found.unsure.add("reuse");
    return;
  }
  if (old.entry.kind === "swap") {
    found.words.add("swapin");
    // Whether the page that came back was copied or reused at once.
    for (const word of ["cow", "reuse", "unshare"]) found.unsure.add(word);
    return;
  }
  if (old.entry.kind !== "present" || old.frame === undefined || frame === undefined) return;
  if (old.frame.pfn !== frame.pfn) {
    found.words.add(write ? "cow" : "unshare");
    newlyMapped(now, found);
    return;
  }
  if (!write) return;
  // A PMD of a file that was not writable is cleared, and the page mapped anew: wp_huge_pmd(), mm/memory.c.
  const huge = old.entry.level !== undefined && old.entry.level !== "pte";
  if (huge && frame.anon === false && old.entry.writable === false) {
    found.words.add(backing === "shmem" ? "shmem" : "file");
    newlyMapped(now, found);
    return;
  }
  if (old.entry.writable === undefined || now.entry.writable === undefined) found.unsure.add("reuse");
  else if (old.entry.writable === false && now.entry.writable === true) found.words.add("reuse");
  // A forced write to a read-only mapping leaves the entry write-protected.
  else if (gup && old.entry.writable === false) found.unsure.add("reuse");
}

function newlyMapped({ entry }: Mapped, found: Found): void {
  if (entry.level === undefined) found.unsure.add("huge");
  else if (entry.level !== "pte") found.words.add("huge");
}

function entriesOf(look: Look | undefined, worker: number): readonly EntryLook[] {
  return look?.spaces.find((one) => one.worker === worker)?.entries ?? [];
}

function mappedAt(entries: readonly EntryLook[], at: number): Mapped | undefined {
  const entry = entryOver(entries, at);
  return entry && { entry, frame: frameAt(entry, at) };
}

function backingAt(backings: readonly Backing[], at: number): Backing["kind"] | undefined {
  return backings.find((one) => one.start <= at && at < one.end)?.kind;
}
