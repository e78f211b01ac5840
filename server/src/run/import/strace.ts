// How does a strace log become a trace? The importer's entry: lines go in one after another, the trace comes out.
//
//   line ─▶ readLine ─▶ Window (joins split calls, looks ahead) ─▶ Lineage (whose is it?) ─▶ Replay ─▶ Writer
//
// One pass; bounded memory but for the shadow of the address spaces and the trace itself. Nothing in a log makes it throw.

import { splitArguments } from "./call.ts";
import { readFault } from "./faults.ts";
import { type HeaderFacts, header } from "./header.ts";
import { type LogLine, readLine } from "./line.ts";
import { detach } from "./names.ts";
import { Replay } from "./replay.ts";
import { type ImportReport, printable } from "./report.ts";
import { type Touch, Translation } from "./translation.ts";
import { type Entry, Window } from "./window.ts";

export { LineSplitter } from "./lines.ts";
export { type Batches, feed, type LogSource } from "./merge.ts";
export { type ImportReport, reportLines } from "./report.ts";
export { SIMULATED } from "./simulated.ts";
export type { Touch } from "./translation.ts";

export interface ImportOptions {
  /** The names of the logs, as they stand in the comments; a line says which of them it is from. */
  readonly files: readonly string[];
  /** The name of perf's list of page faults, if there is one. */
  readonly faults?: string;
  /** Default: `first`, and `none` with page faults. */
  readonly touch?: Touch;
  /** The operations to write; others become comments. Default: what this version simulates. */
  readonly simulated?: ReadonlySet<string>;
}

export interface ImportResult {
  /** The first lines of the trace; they hold the counts, so they are known last. */
  readonly header: string;
  /** The rest of the trace, as far as `drain` has not handed it out. */
  readonly body: readonly string[];
  readonly report: ImportReport;
  /** Set when the input holds no line of strace at all. */
  readonly error: string | undefined;
}

export interface StraceImport {
  /** One line of log number `file`, without its newline. `pid` is whose it is, from the name of a -ff file. */
  line(text: string, file?: number, pid?: number): void;
  /** One line of perf's list of page faults, at its place by time among the lines of the logs. */
  fault(text: string): void;
  /** The text made since the last call, so that a long trace need not be kept in memory. */
  drain(): string[];
  end(): ImportResult;
}

/** A longer line is cut: strace's own are far below it. */
const MAX_LINE = 1 << 20;

/** The source number of perf's list. */
const FAULTS = -1;

export function straceImport(options: ImportOptions): StraceImport {
  return new Import(options);
}

class Import implements StraceImport {
  private readonly options: ImportOptions;
  private readonly touch: Touch;
  private readonly t: Translation;
  private readonly window = new Window();
  private readonly replay: Replay;
  private readonly facts: HeaderFacts = { clock: "none", pids: false, brackets: "", command: undefined, names: false };
  private readonly lineNumbers: number[] = [];
  private faultNumber = 0;
  /** The part of a line before a notice that strace put into it; the next line is its rest. */
  private cut: string | undefined;

  constructor(options: ImportOptions) {
    this.options = options;
    this.touch = options.touch ?? (options.faults === undefined ? "first" : "none");
    this.t = new Translation(this.touch, options.faults !== undefined, options.simulated);
    this.replay = new Replay(this.t, this.window, (entry) => this.source(entry));
  }

  line(text: string, file = 0, pid = 0): void {
    const number = (this.lineNumbers[file] ?? 0) + 1;
    this.lineNumbers[file] = number;
    this.t.tally.lines++;
    let whole = text.length > MAX_LINE ? text.slice(0, MAX_LINE) : text;
    if (whole.endsWith("\r")) whole = whole.slice(0, -1);
    if (this.cut !== undefined) {
      whole = this.cut + whole;
      this.cut = undefined;
    }
    const notice = whole.endsWith("tached") ? noticeAt(whole) : -1;
    if (notice > 0 && whole.length <= MAX_LINE) this.cut = whole.slice(0, notice);
    else this.enter(whole, file, number, pid);
  }

  fault(text: string): void {
    this.faultNumber++;
    const fault = readFault(text);
    if (fault === undefined) return;
    this.window.enterFault(fault, FAULTS, this.faultNumber);
    this.advance();
  }

  drain(): string[] {
    return this.t.writer.drain();
  }

  end(): ImportResult {
    const { tally, writer } = this.t;
    if (this.cut !== undefined) this.enter(this.cut, 0, this.lineNumbers[0] ?? 1, 0);
    for (let entry = this.window.take(); entry !== undefined; entry = this.window.take()) this.replay.entry(entry);
    this.replay.end();
    for (let i = 0; i < this.window.forgotten; i++) tally.drop("split calls beyond 65536 open ones");
    const body = writer.flush();
    const report = tally.finish();
    const name = this.options.files.join(", ");
    return {
      header: header(
        this.options,
        this.touch,
        this.facts,
        report,
        this.t.present + this.t.files.bytes,
        this.t.hugePages,
      ),
      body,
      report,
      error: tally.logLines === 0 ? `${name}: no line of strace in it` : undefined,
    };
  }

  private enter(text: string, file: number, number: number, filePid: number): void {
    let line = readLine(text);
    if (line.kind === "other") {
      // The program's own output may stand in front of a line.
      const inside = text.indexOf("[pid ", 1);
      if (inside > 0) line = readLine(text.slice(inside));
    }
    const { tally } = this.t;
    if (line.kind === "other") {
      if (text.trim() !== "") tally.noLine(this.options.files[file] ?? "", number, text);
      return;
    }
    tally.logLines++;
    if (line.kind === "stack" || line.kind === "notice") return;
    if (filePid !== 0 && line.pid === 0) line = { ...line, pid: filePid };
    this.remember(line);
    this.window.enter(line, file, number);
    this.advance();
  }

  /** What the header says about the log. */
  private remember(line: LogLine): void {
    const { facts } = this;
    if (line.pid !== 0) facts.pids = true;
    if (line.comm !== undefined) facts.names = true;
    if (facts.clock === "none") facts.clock = line.clock;
    if (facts.brackets === "") facts.brackets = line.brackets;
    if (facts.command === undefined && line.name === "execve") facts.command = commandOf(line.text);
  }

  private advance(): void {
    while (this.window.full) this.replay.entry(this.window.take()!);
  }

  private source(entry: Entry): string {
    const file = entry.source === FAULTS ? this.options.faults : this.options.files[entry.source];
    return `${file ?? "log"}:${entry.number}`;
  }
}

/** Where a notice of strace's begins that landed in the middle of a line; 0 or less when there is none. */
function noticeAt(line: string): number {
  const at = line.lastIndexOf("strace: Process ");
  if (at <= 0 || !/^strace: Process \d+ (?:at|de)tached$/.test(line.slice(at, at + 64))) return -1;
  return /[a-z_0-9]\(|resumed>/.test(line.slice(0, at)) ? at : -1;
}

/** The program's path and its arguments, for the header. */
function commandOf(text: string): string {
  const [path, args] = splitArguments(text).list;
  return detach(printable(`${path ?? ""} ${args ?? ""}`.slice(0, 160)));
}
