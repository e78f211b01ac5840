// What a test run says about one file under one model, and what a reporter makes of it.

import type { Paint } from "../colour.ts";

// A failure or a problem, with the place as people and editors read it: lines and columns from 1.
export interface Finding {
  readonly line: number;
  readonly column: number;
  readonly severity: "error" | "warning";
  readonly message: string;
  readonly code: string;
}

export type Verdict = "held" | "failed" | "wrong input" | "limit";

export interface Result {
  readonly file: string;
  // The model's name; undefined when the file could not be run at all.
  readonly model: string | undefined;
  readonly verdict: Verdict;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly milliseconds: number;
  readonly findings: readonly Finding[];
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Reporter {
  begin(): void;
  result(result: Result): void;
  end(totals: Totals): void;
}

export type ReporterMaker = (write: (text: string) => void, paint: Paint) => Reporter;

export function findingLine(file: string, finding: Finding): string {
  return `${file}:${finding.line}:${finding.column}: ${finding.severity}: ${finding.message} [${finding.code}]`;
}

export function counts(totals: Totals): string {
  return `${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`;
}
