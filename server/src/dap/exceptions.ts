// Exception breakpoints: what counts as one, and at which moment it stops.
//
// A fault, an errno and a failed check stop when the statement is done, so that the world shows what came of it. A
// signal stops inside of the kernel where it is sent: the process is still there to be looked at.

import type { DebugProtocol as P } from "@vscode/debugprotocol";
import type { Code } from "../lang/codes.ts";
import { OUTCOMES, type OutcomeName } from "../mm/outcome.ts";
import type { Recording } from "../run/recording.ts";
import { HAS_FAILED } from "../run/steps.ts";
import { after, done, type Moment } from "./moment.ts";
import { corruptions } from "./pinned_data.ts";
import { type Direction, inReach, type Watch } from "./watch.ts";

export interface FilterSpec {
  readonly id: string;
  readonly label: string;
  readonly description: string;
  readonly default: boolean;
  watch(recording: Recording): Watch;
}

// Faults that stop by the word of the outcome vocabulary.
const FAULTS: readonly (readonly [OutcomeName, string])[] = [
  ["minor", "A page fault that needed no I/O"],
  ["major", "A page fault that waited for I/O"],
  ["zero", "A page fault that mapped the zero page"],
  ["cow", "A page fault that made a copy"],
  ["reuse", "A page fault that made a write-protected page writable in place"],
  ["unshare", "A page fault that made a copy for a read-only pin"],
  ["swapin", "A page fault that resolved a swap entry"],
  ["huge", "A page fault that mapped a PMD-sized folio"],
];

const SIGNAL_NUMBERS = [
  ["SIGSEGV", "An access that the address space does not allow, expected or not"],
  ["SIGBUS", "An access past the end of a file, expected or not"],
  ["OOM", "A fault that found no memory, expected or not"],
] as const;

export const FILTERS: readonly FilterSpec[] = [
  ...FAULTS.map(([word, description]) => ({
    id: word,
    label: `Fault: ${word}`,
    description,
    default: false,
    watch: (recording: Recording) => outcomeWatch(recording, bitOf(word)),
  })),
  ...SIGNAL_NUMBERS.map(([word, description]) => ({
    id: word,
    label: word,
    description,
    default: false,
    watch: (recording: Recording) => signalWatch(recording, bitOf(word)),
  })),
  {
    id: "errno",
    label: "Any errno",
    description: "A call that fails, expected or not",
    default: false,
    watch: (recording) => stepWatch(recording, (step) => recording.steps.errno(step) !== undefined),
  },
  {
    id: "unexpected",
    label: "Unexpected outcomes",
    description:
      "A signal or an errno that the line does not expect with `->`, an outcome other than it says, a dead process",
    default: true,
    watch: (recording) => unexpectedWatch(recording),
  },
  {
    id: "expect",
    label: "Failed expects",
    description: "An `expect` that does not hold",
    default: true,
    watch: (recording) =>
      stepWatch(recording, (step) => {
        const { steps, program } = recording;
        return (steps.bits(step) & HAS_FAILED) !== 0 && program.statements[steps.statement(step)].kind === "expect";
      }),
  },
  {
    id: "invariant",
    label: "Broken invariants",
    description: "A promise of the kernel model that does not hold any more (checked with `checkInvariants`)",
    default: true,
    watch: (recording) => factWatch(recording, "broken-invariant"),
  },
  {
    id: "pin",
    label: "Pinned data differs",
    description: "A pin sees other bytes than the process that made it sees at the same address",
    default: false,
    watch: (recording) => {
      let moments: readonly Moment[] | undefined;
      return momentsWatch(() => {
        moments ??= corruptions(recording);
        return moments;
      });
    },
  },
];

export function exceptionFilters(): P.ExceptionBreakpointsFilter[] {
  return FILTERS.map(({ id, label, description, default: on }) => ({
    filter: id,
    label,
    description,
    default: on,
    supportsCondition: true,
    conditionDescription: "an expression of the trace language, e.g. page(p).refcount > 1",
  }));
}

function bitOf(word: OutcomeName): number {
  return 1 << OUTCOMES.indexOf(word);
}

function outcomeWatch(recording: Recording, bit: number): Watch {
  return stepWatch(recording, (step) => (recording.steps.kernelBits(step) & bit) !== 0);
}

function signalWatch(recording: Recording, bit: number): Watch {
  const { steps } = recording;
  return stepWatch(
    recording,
    (step) => (steps.kernelBits(step) & bit) !== 0,
    (step) => signalMoment(recording, step),
  );
}

// Where the signal of the step is sent; when it left no event, where the step is done.
function signalMoment(recording: Recording, step: number): Moment {
  const { steps, kernel } = recording;
  for (let event = steps.end(step) - 1; event >= steps.start(step); event--) {
    if (kernel.journal.info(event).name === "signal_generate") return after(recording, step, event);
  }
  return done(recording, step);
}

// Failures of operations. A recording keeps the facts of the first hundred failures of a line only; the bit stays.
function unexpectedWatch(recording: Recording): Watch {
  const { steps, program } = recording;
  let broken: Set<number> | undefined;
  return stepWatch(
    recording,
    (step) => {
      if ((steps.bits(step) & HAS_FAILED) === 0) return false;
      if (program.statements[steps.statement(step)].kind === "expect") return false;
      broken ??= onlyBroken(recording);
      return !broken.has(step);
    },
    (step) => (steps.outcome(step).signal === undefined ? done(recording, step) : signalMoment(recording, step)),
  );
}

// Steps whose only failures are invariants, which have a filter of their own.
function onlyBroken({ facts }: Recording): Set<number> {
  const broken = new Set(facts.filter(({ code }) => code === "broken-invariant").map(({ step }) => step));
  for (const { step, code } of facts) if (code !== "broken-invariant") broken.delete(step);
  return broken;
}

function factWatch(recording: Recording, code: Code): Watch {
  let found: readonly Moment[] | undefined;
  return momentsWatch(() => {
    found ??= recording.facts.filter((fact) => fact.code === code).map(({ step }) => done(recording, step));
    return found;
  });
}

// The steps for which the test holds, each at one of its moments.
function stepWatch(
  recording: Recording,
  test: (step: number) => boolean,
  momentOf: (step: number) => Moment = (step) => done(recording, step),
): Watch {
  return {
    find(from: Moment, direction: Direction, bound: Moment) {
      const last = direction > 0 ? Math.min(bound.step, recording.steps.length - 1) : Math.max(bound.step, 0);
      const first = Math.min(Math.max(from.step, 0), recording.steps.length - 1);
      for (let step = first; (last - step) * direction >= 0; step += direction) {
        if (step < 0 || !test(step)) continue;
        const moment = momentOf(step);
        if (inReach(moment, from, direction, bound)) return moment;
      }
      return undefined;
    },
  };
}

// Moments that are few and known: a plain search.
function momentsWatch(moments: () => readonly Moment[]): Watch {
  return {
    find(from, direction, bound) {
      const list = moments();
      const inside = (moment: Moment) => inReach(moment, from, direction, bound);
      return direction > 0 ? list.find(inside) : list.findLast(inside);
    },
  };
}
