// What kind of line of a strace log is this, whose is it, and when was it written?
//
// The grammar is strace's own, with and without -o, and with any of -t -tt -ttt -r -T -i -n -Y:
//
//   17287 1795250892.452864 [00007ffa7a2fcc47] mmap(NULL, 8192, …) = 0x7f78853ca000 <0.000069>
//   └pid─┘└─────time──────┘ └──────-i/-n─────┘ └─────────────────text────────────────────────┘
//
// Only the front of the line is read here; call.ts takes the rest apart, and only for calls that matter.

export type LineKind =
  | "call" // name(arguments) = result
  | "unfinished" // name(arguments <unfinished ...>
  | "resumed" // <... name resumed>rest) = result
  | "detached" // name(arguments <detached ...>
  | "signal" // --- SIGSEGV {…} ---
  | "exited" // +++ exited with N +++
  | "killed" // +++ killed by SIGNAL +++
  | "superseded" // +++ superseded by execve in pid N +++
  | "notice" // strace's own words
  | "stack" // -k: a frame of the call before
  | "other"; // no line of strace

export interface LogLine {
  readonly kind: LineKind;
  /** The thread's id, 0 when the line does not tell. */
  readonly pid: number;
  /** The thread's name, with -Y. */
  readonly comm: string | undefined;
  /** Seconds and nanoseconds as written; seconds is -1 when the line has no time. */
  readonly seconds: number;
  readonly nanos: number;
  readonly clock: Clock;
  /** The call's or the signal's name; the killing signal; empty otherwise. */
  readonly name: string;
  /** A call: what follows `name(`. A resumed call: what follows `resumed>`. A signal: its fields. */
  readonly text: string;
  /** Which bracketed columns stand in the front: the instruction pointer (-i), the number of the call (-n). */
  readonly brackets: string;
}

/** What the times of a log count from. */
export type Clock = "none" | "unix" | "day" | "relative";

const SPACE = 32;
const BRACKET = 91;
const LESS = 60;
const COLON = 58;
const DOT = 46;

const isDigit = (c: number): boolean => c >= 48 && c <= 57;
const isWord = (c: number): boolean => isDigit(c) || (c >= 97 && c <= 122) || c === 95 || (c >= 65 && c <= 90);

/** The largest process id Linux gives out; a larger number in the front of a line is a time. */
const PID_MAX = 4194304;

/** Reads one line. Linear in its length; never throws. */
export function readLine(line: string): LogLine {
  const front = new Front(line);
  front.read();
  return body(line, front);
}

/** The cursor over the columns before the call. */
class Front {
  at = 0;
  pid = 0;
  comm: string | undefined;
  seconds = -1;
  nanos = 0;
  clock: Clock = "none";
  brackets = "";

  private value = 0;
  private readonly line: string;

  constructor(line: string) {
    this.line = line;
  }

  read(): void {
    const { line } = this;
    if (line.startsWith("[pid ")) this.bracketedPid();
    else this.leadingNumber();
    if (this.seconds < 0) this.time();
    while (line.charCodeAt(this.at) === BRACKET && this.column());
  }

  /** `[pid  17287] ` or `[pid 17287<comm>] `. */
  private bracketedPid(): void {
    const { line } = this;
    let i = 5;
    while (line.charCodeAt(i) === SPACE) i++;
    const start = i;
    while (isDigit(line.charCodeAt(i))) i++;
    if (i === start) return;
    const pid = Number(line.slice(start, i));
    if (line.charCodeAt(i) === LESS) {
      const end = line.indexOf(">", i);
      if (end < 0) return;
      this.comm = line.slice(i + 1, end);
      i = end + 1;
    }
    if (line[i] !== "]") return;
    this.pid = pid;
    this.at = this.blanks(i + 1);
  }

  /** A first number is a process id when a blank or `<comm>` follows it, else the beginning of a time. */
  private leadingNumber(): void {
    const { line } = this;
    let i = 0;
    while (isDigit(line.charCodeAt(i))) i++;
    if (i === 0 || i > 12) return;
    const value = Number(line.slice(0, i));
    const next = line.charCodeAt(i);
    if (next === LESS) {
      const end = line.indexOf(">", i);
      if (end < 0) return;
      this.comm = line.slice(i + 1, end);
      this.pid = value;
      this.at = this.blanks(end + 1);
    } else if (next === SPACE) {
      this.at = this.blanks(i);
      if (value <= PID_MAX) this.pid = value;
      else {
        this.seconds = value;
        this.clock = "unix";
      }
    }
  }

  /** `1795250892.452864`, `08:41:32.452864`, or -r's `0.000123`, which is padded and counts from the line before. */
  private time(): void {
    const { line } = this;
    const start = this.blanks(this.at);
    let i = this.digits(start);
    if (i === start || i - start > 12) return;
    let seconds = this.value;
    let clock: Clock = seconds >= 100000000 ? "unix" : "relative";
    if (line.charCodeAt(i) === COLON && line.charCodeAt(i + 3) === COLON) {
      if (this.digits(i + 1) !== i + 3) return;
      seconds = seconds * 3600 + this.value * 60;
      if (this.digits(i + 4) !== i + 6) return;
      seconds += this.value;
      clock = "day";
      i += 6;
    }
    let nanos = 0;
    if (line.charCodeAt(i) === DOT) {
      const end = this.digits(i + 1);
      if (end - i > 10) return;
      nanos = this.value * 10 ** (10 - (end - i));
      i = end;
    } else if (clock === "relative") return;
    if (line.charCodeAt(i) !== SPACE) return;
    this.seconds = seconds;
    this.nanos = nanos;
    this.clock = clock;
    this.at = this.blanks(i);
  }

  /** Reads digits into `value`; where they end. */
  private digits(i: number): number {
    this.value = 0;
    for (let c = this.line.charCodeAt(i); isDigit(c); c = this.line.charCodeAt(++i))
      this.value = this.value * 10 + c - 48;
    return i;
  }

  /** Skips `[00007ffa7a2fcc47] ` of -i or `[  12] ` of -n. */
  private column(): boolean {
    const { line } = this;
    let i = this.at + 1;
    let c = line.charCodeAt(i);
    while (isDigit(c) || (c >= 97 && c <= 102) || c === 63 || c === SPACE) c = line.charCodeAt(++i);
    if (line[i] !== "]" || line.charCodeAt(i + 1) !== SPACE) return false;
    this.brackets += i - this.at - 1 >= 8 ? "i" : "n";
    this.at = this.blanks(i + 1);
    return true;
  }

  private blanks(i: number): number {
    while (this.line.charCodeAt(i) === SPACE) i++;
    return i;
  }
}

function body(line: string, front: Front): LogLine {
  const at = front.at;
  const made = (kind: LineKind, name: string, text: string): LogLine => ({
    kind,
    pid: front.pid,
    comm: front.comm,
    seconds: front.seconds,
    nanos: front.nanos,
    clock: front.clock,
    name,
    text,
    brackets: front.brackets,
  });
  let i = at;
  while (isWord(line.charCodeAt(i))) i++;
  if (i > at && line[i] === "(") {
    const name = line.slice(at, i);
    const text = line.slice(i + 1);
    if (!line.endsWith(" ...>")) return made("call", name, text);
    if (line.endsWith(" <unfinished ...>")) return made("unfinished", name, text.slice(0, -17));
    if (line.endsWith(" <detached ...>")) return made("detached", name, text.slice(0, -15));
    const changed = text.lastIndexOf(" <pid changed to ");
    if (changed >= 0) return made("unfinished", name, text.slice(0, changed));
    return made("call", name, text);
  }
  if (line.startsWith("<... ", at)) {
    const end = line.indexOf(" resumed>", at);
    if (end >= 0) return made("resumed", line.slice(at + 5, end), line.slice(end + 9));
  }
  if (line.startsWith("--- ", at) && line.endsWith(" ---")) {
    const end = line.indexOf(" ", at + 4);
    return made("signal", line.slice(at + 4, end), line.slice(end + 1, -4));
  }
  if (line.startsWith("+++ ", at)) {
    if (line.startsWith("exited with ", at + 4)) return made("exited", "", line.slice(at + 16));
    if (line.startsWith("killed by ", at + 4)) return made("killed", word(line, at + 14), "");
    if (line.startsWith("superseded by execve in pid ", at + 4)) return made("superseded", "", word(line, at + 32));
  }
  if (line.startsWith("strace: ", at) || line.startsWith("[ Process PID=", at)) return made("notice", "", "");
  if (at === 0 && line.startsWith(" > ")) return made("stack", "", "");
  return made("other", "", line);
}

function word(line: string, at: number): string {
  let i = at;
  while (isWord(line.charCodeAt(i))) i++;
  return line.slice(at, i);
}
