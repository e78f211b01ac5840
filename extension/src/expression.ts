// Finds the name, call, index or field expression that ends in the word at a column of one line.

export interface Span {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

// Over `refcount` in `expect page(p[1]).refcount == 2` gives `page(p[1]).refcount`; over `p` there gives `p[1]`.
// Text in comments and strings, numbers and the name of an operation that is called as a statement give nothing.
export function expressionAt(line: string, column: number): Span | undefined {
  if (isQuotedOrComment(line, column)) return undefined;
  const word = wordAt(line, column);
  if (!word || !/^[A-Za-z_]/.test(word.text)) return undefined;
  const start = startOfChain(line, word.start);
  const end = endOfSuffixes(line, word.end);
  const text = line.slice(start, end);
  if (end > word.end && line[word.end] === "(" && start === word.start && !VALUES.has(word.text)) return undefined;
  return { start, end, text };
}

// The functions of the expression language; any other call is an operation, which is not for looking at.
const VALUES = new Set(["page", "pte", "vma", "data", "byte", "min", "max", "abs", "sum", "count"]);

function wordAt(line: string, column: number): Span | undefined {
  const isWord = (at: number) => at >= 0 && at < line.length && /[A-Za-z0-9_]/.test(line[at]);
  if (!isWord(column) && !isWord(column - 1)) return undefined;
  let start = isWord(column) ? column : column - 1;
  while (isWord(start - 1)) start--;
  let end = start;
  while (isWord(end)) end++;
  return { start, end, text: line.slice(start, end) };
}

// Goes left over `.` and what stands before it: a word, or a bracket with the word before that.
function startOfChain(line: string, from: number): number {
  let at = from;
  while (line[at - 1] === ".") {
    at -= 2;
    while (line[at] === ")" || line[at] === "]") {
      at = opening(line, at) - 1;
      if (at < 0) return from;
    }
    while (at >= 0 && /[A-Za-z0-9_]/.test(line[at])) at--;
    at++;
  }
  return at;
}

// Goes right over what belongs to the word itself: its arguments or its index, but no further field.
function endOfSuffixes(line: string, from: number): number {
  let at = from;
  while (line[at] === "(" || line[at] === "[") {
    const close = closing(line, at);
    if (close < 0) return at;
    at = close + 1;
  }
  return at;
}

function opening(line: string, close: number): number {
  let depth = 0;
  for (let at = close; at >= 0; at--) {
    if (line[at] === ")" || line[at] === "]") depth++;
    if ((line[at] === "(" || line[at] === "[") && --depth === 0) return at;
  }
  return -1;
}

function closing(line: string, open: number): number {
  let depth = 0;
  for (let at = open; at < line.length; at++) {
    if (line[at] === "(" || line[at] === "[") depth++;
    if ((line[at] === ")" || line[at] === "]") && --depth === 0) return at;
  }
  return -1;
}

function isQuotedOrComment(line: string, column: number): boolean {
  let quoted = false;
  for (let at = 0; at < column && at < line.length; at++) {
    if (quoted && line[at] === "\\") at++;
    else if (line[at] === '"') quoted = !quoted;
    else if (!quoted && line[at] === "#") return true;
  }
  return quoted;
}
