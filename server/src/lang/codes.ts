// Every problem code there is, with what it means. Codes are stable: tests, suppressions and the manual name them.

export const CODES = {
  // Reading the line.
  syntax: "The line does not have the form of a statement.",
  "unknown-character": "A character that means nothing outside of a string or a comment.",
  "unterminated-string": "A string without its closing quote. A string never spans lines.",
  "bad-escape": 'An escape in a string that is none of `\\n \\t \\\\ \\" \\xNN`.',
  "bad-number": "A number that cannot be read, or that does not fit into 64 bits.",
  "too-deep": "Brackets or operators nested deeper than anyone writes (100 levels).",
  "unknown-version": "The file says that it is written in a version of the language that this program does not know.",
  "not-supported": "A form that the language reserves and that is not supported yet (`include`, `interleave`).",
  // The frame of the trace.
  misplaced: "A `kernel`, `machine` or `mmtrace` line that comes too late, or comes twice.",
  "unknown-model": "A release or proposal that is not one of the models.",
  "unknown-setting": "A `machine` setting that does not exist.",
  "bad-setting": "A `machine` setting with a value that it cannot have.",
  "pin-overflows": "A pin under fewer `refcount_bits` than its 1024 references need.",
  "setting-not-simulated": "A `machine` setting whose other values are not simulated yet.",
  "bad-when": "A condition behind `@` that cannot be read.",
  "empty-range": "A range behind `@` that ends before it begins: no release lies in it.",
  "repeated-model": "A model that the `kernel` line names twice.",
  "unclosed-repeat": "A `repeat` without its `end`.",
  "stray-end": "An `end` without a `repeat`.",
  // Names.
  "reserved-word": "A reserved word where a name of the person's own is wanted.",
  "unknown-name": "A name that nothing binds.",
  "used-before": "A name that is used before the line that binds it.",
  "bound-twice": "A name that two lines bind; names are bound once.",
  "nothing-to-bind": "A name in front of an operation that returns nothing.",
  // Operations and their arguments.
  "unknown-operation": "An operation that does not exist.",
  "unknown-argument": "An argument name that the operation does not have.",
  "missing-argument": "An argument that the operation needs and the line does not give.",
  "too-many-arguments": "More arguments than the operation has.",
  "repeated-argument": "An argument that is given twice.",
  "argument-order": "A positional argument behind one given by name.",
  "unknown-word": "A flag, protection, advice or kind that does not exist.",
  "wrong-kind": "A value of one kind where another is wanted: a process where an address belongs, say.",
  "bad-value": "A value that the parameter can never take.",
  "ignored-argument": "An argument that has no effect beside the others.",
  "unknown-outcome": "A word behind `->` that is neither an outcome, a signal nor an errno.",
  "impossible-outcome": "Outcomes behind `->` that this operation can never have, or never together.",
  // Expressions.
  "unknown-function": "A call of something that is no function of expressions.",
  "unknown-field": "A field that the value does not have.",
  "division-by-zero": "A division by zero.",
  // What depends on the model.
  "not-simulated": "Part of the language, and refused: this version does not simulate it yet.",
  "not-in-release": "The chosen model does not have this yet, or no longer.",
  "idle-setting":
    "A `machine` setting that changes nothing under the chosen model, which has nothing that it could set.",
  "field-not-in-release": "A check uses a field that the chosen model does not have, so that it can never hold.",
  // While the trace runs (run/).
  "none-argument": "An operation that is given `none`, the result of a call that failed.",
  "outside-mapping": "A length that was left out, and an address outside of the mapping that it came from.",
  "not-visible": "Something that nobody can see of a real kernel from outside.",
  "no-such-page": "A page of a pin that the pin does not have.",
  "expect-failed": "An `expect` that does not hold.",
  "outcome-mismatch": "An operation that came to something else than its line says behind `->`.",
  "unexpected-signal": "A signal that the line does not expect: the process dies of it.",
  "unexpected-errno": "A call that fails, on a line that does not say so.",
  "dead-process": "A line of a process that has died before.",
  "broken-invariant": "A promise of the model that does not hold after the line.",
  // Writing it as a program (run/export_c/).
  "not-exportable": "A line that a C program of user space cannot bring about.",
  limit: "The run stopped at a limit.",
} as const;

export type Code = keyof typeof CODES;
