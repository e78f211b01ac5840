// Test results as JUnit XML, as CI systems read it: a suite for each file, a test case for each model.

import { findingLine, type ReporterMaker, type Result } from "./result.ts";

export const junit: ReporterMaker = (write) => {
  const suites = new Map<string, Result[]>();
  return {
    begin: () => undefined,
    result: (result) => {
      const cases = suites.get(result.file);
      if (cases) cases.push(result);
      else suites.set(result.file, [result]);
    },
    end: () => {
      const all = [...suites.values()].flat();
      write('<?xml version="1.0" encoding="UTF-8"?>\n');
      write(`<testsuites name="mmtrace" ${numbers(all)}>\n`);
      for (const [file, cases] of suites) {
        write(`  <testsuite name="${xml(file)}" ${numbers(cases)}>\n`);
        for (const one of cases) write(testCase(file, one));
        write("  </testsuite>\n");
      }
      write("</testsuites>\n");
    },
  };
};

function testCase(file: string, result: Result): string {
  const head = `    <testcase classname="${xml(file)}" name="${xml(result.model ?? "the text")}" time="${seconds([result])}"`;
  if (result.verdict === "held") return `${head}/>\n`;
  const kind = result.verdict === "failed" ? "failure" : "error";
  const first = result.findings.find((finding) => finding.severity === "error") ?? result.findings[0];
  const body = result.findings.map((finding) => findingLine(file, finding)).join("\n");
  const message = xml(first ? first.message : result.verdict);
  return `${head}>\n      <${kind} message="${message}" type="${xml(first?.code ?? result.verdict)}">${xml(body)}</${kind}>\n    </testcase>\n`;
}

function numbers(cases: readonly Result[]): string {
  const failures = cases.filter((one) => one.verdict === "failed").length;
  const errors = cases.filter((one) => one.verdict === "wrong input" || one.verdict === "limit").length;
  return `tests="${cases.length}" failures="${failures}" errors="${errors}" time="${seconds(cases)}"`;
}

function seconds(cases: readonly Result[]): string {
  return (cases.reduce((sum, one) => sum + one.milliseconds, 0) / 1000).toFixed(3);
}

// XML 1.0 has no way at all to write most control characters: they become U+FFFD.
function xml(value: string): string {
  return value
    .replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, "\ufffd")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/>/g, "&gt;")
    .replace(/"/g, "&quot;")
    .replace(/\n/g, "&#10;");
}
