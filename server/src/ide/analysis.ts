// All that is known of one open trace: its text, its program, and what its runs came to under each of its models.
//
// Edits go to the document, which reads only what changed; a run begins when somebody needs it and goes on from what the
// edit left of the one before. Runs advance in slices: how long each may be is the caller's business.

import { analyse, type Document } from "../lang/document.ts";
import type { Program } from "../lang/program.ts";
import type { TextEdit } from "../lang/text.ts";
import { DEFAULT_MODEL, MODELS } from "../mm/models.ts";
import type { ModelName } from "../mm/releases.ts";
import type { Execution } from "../run/execute.ts";
import type { Failure } from "../run/failures.ts";
import type { Limit, Recording } from "../run/recording.ts";
import { restart, start } from "../run/run.ts";
import type { Mark } from "./marks.ts";
import { marksOf } from "./marks.ts";
import type { Settings } from "./settings.ts";

interface Run {
  readonly recording: Recording;
  // Undefined when the recording has come to its end for this program.
  execution: Execution | undefined;
  // Which program it is the run of.
  readonly program: Program;
  readonly stopwatch: Stopwatch;
}

// Time that a run has had, without the time in which it waited for its next slice.
interface Stopwatch {
  spent: number;
  since: number;
}

// What a run came to, without its events.
export interface Verdict {
  readonly program: Program;
  readonly failures: readonly Failure[];
  readonly limit: Limit | undefined;
}

// Recordings of more events than this are kept of the first model alone; of the others the verdict has to do.
const KEPT_EVENTS = 2_000_000;

// Milliseconds that never go back.
export type Clock = () => number;

export class Analysis {
  private text: Document;
  private readonly clock: Clock;
  private chosen: Settings;
  private readonly runs = new Map<string, Run>();
  // Models whose run met a mistake of ours, until the next edit.
  private readonly broken = new Set<string>();
  private readonly verdicts = new Map<string, Verdict>();

  constructor(text: string, settings: Settings, clock: Clock) {
    this.text = analyse(text);
    this.chosen = settings;
    this.clock = clock;
  }

  // The text as it stands now; each version stays readable after the next edit.
  get document(): Document {
    return this.text;
  }

  get settings(): Settings {
    return this.chosen;
  }

  // Runs made under other limits are no longer the answer.
  set settings(settings: Settings) {
    this.chosen = settings;
    this.runs.clear();
    this.verdicts.clear();
    this.broken.clear();
  }

  get program(): Program {
    return this.document.program;
  }

  edit(edits: readonly TextEdit[]): void {
    this.text = this.text.edit(edits);
    this.broken.clear();
  }

  // Puts another text in the place of the whole one; what they have in common at the start need not run again.
  replace(text: string): void {
    this.text = analyse(text);
    this.broken.clear();
  }

  marks(line: number): Mark[] {
    if (line < 0 || line >= this.document.lineCount) return [];
    return marksOf(this.document.tree(line), this.document.line(line), this.program);
  }

  // The models that the trace names and that are simulated, in its order; the first is the one that hints speak of.
  get models(): readonly string[] {
    const named = this.program.kernels.map(({ model }) => model);
    const wanted = named.length > 0 ? named : [this.chosen.model ?? DEFAULT_MODEL];
    const simulated = [...new Set(wanted)].filter((model) => MODELS.has(model as ModelName));
    return simulated.length > 0 || named.length > 0 ? simulated : [DEFAULT_MODEL];
  }

  // What the run under the model has come to so far; undefined before it began.
  recording(model: string | undefined = this.models[0]): Recording | undefined {
    const run = model === undefined ? undefined : this.runs.get(model);
    return run?.program === this.program ? run.recording : undefined;
  }

  isRun(model: string): boolean {
    const run = this.runs.get(model);
    if (this.broken.has(model) || this.verdicts.get(model)?.program === this.program) return true;
    return run !== undefined && run.program === this.program && !run.execution;
  }

  // What the run under the model has come to so far; undefined before it began.
  verdict(model: string): Verdict | undefined {
    const kept = this.verdicts.get(model);
    return kept?.program === this.program ? kept : this.recording(model);
  }

  // Runs on under the model for about so many milliseconds; true when it has come to its end.
  advance(model: string, milliseconds: number): boolean {
    if (this.isRun(model)) return true;
    try {
      const run = this.runFor(model);
      const { stopwatch } = run;
      stopwatch.since = this.clock();
      const done = run.execution?.advance(milliseconds) ?? true;
      stopwatch.spent += this.clock() - stopwatch.since;
      if (!done) return false;
      run.execution = undefined;
      if (run.recording.length > KEPT_EVENTS && model !== this.models[0]) this.keepVerdict(model, run.recording);
      return true;
    } catch (error) {
      this.runs.delete(model);
      this.broken.add(model);
      throw error;
    }
  }

  // Runs to the end (or a limit) under the models.
  finish(models: readonly string[] = this.models): void {
    for (const model of models) this.advance(model, Number.POSITIVE_INFINITY);
  }

  private keepVerdict(model: string, { program, failures, limit }: Recording): void {
    this.verdicts.set(model, { program, failures, limit });
    this.runs.delete(model);
  }

  private runFor(model: string): Run {
    const { program } = this;
    const previous = this.runs.get(model);
    if (previous?.program === program) return previous;
    const { checkInvariants, limits } = this.chosen;
    const stopwatch = { spent: 0, since: this.clock() };
    const clock = () => stopwatch.spent + this.clock() - stopwatch.since;
    const options = { model, limits, checkInvariants, clock };
    const execution = previous ? restart(previous.recording, program, options) : start(program, options);
    const run: Run = { recording: execution.recording, execution, program, stopwatch };
    this.runs.set(model, run);
    return run;
  }
}
