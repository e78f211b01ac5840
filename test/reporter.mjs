// What node:test prints in `npm test`: a line for each file, and each failure in full. The counts go to $MMTRACE_COUNTS.

import { writeFileSync } from "node:fs";
import { relative } from "node:path";
import { inspect } from "node:util";

export default async function* reporter(events) {
  const files = new Map();
  const total = { passed: 0, failed: 0, skipped: 0 };
  for await (const { type, data } of events) {
    if (type === "test:stderr" || type === "test:stdout") yield data.message;
    if (type !== "test:pass" && type !== "test:fail") continue;
    // A suite, and a test with tests of its own, only repeats what those said.
    if (data.details.type === "suite" && type === "test:pass") continue;
    if (data.details.error?.failureType === "subtestsFailed") continue;
    const name = data.file ? relative(process.cwd(), data.file) : "(no file)";
    if (!files.has(name)) files.set(name, { passed: 0, failed: 0, skipped: 0, milliseconds: 0 });
    const file = files.get(name);
    const kind = verdict(type, data);
    file[kind]++;
    total[kind]++;
    if (data.nesting === 0) file.milliseconds += data.details.duration_ms;
    if (kind === "failed") {
      const error = data.details.error;
      const why = error ? inspect(error.cause ?? error) : "the file holds no test";
      yield `FAIL ${name}: ${data.name}\n${indent(why)}\n`;
    }
    if (kind === "skipped")
      yield `skip ${name}: ${data.name}${typeof data.skip === "string" ? ` (${data.skip})` : ""}\n`;
  }
  for (const [name, { passed, failed, skipped, milliseconds }] of files) {
    const counts = [`${passed} passed`, failed && `${failed} failed`, skipped && `${skipped} skipped`].filter(Boolean);
    yield `${failed ? "FAIL" : "ok  "} ${name}: ${counts.join(", ")} (${(milliseconds / 1000).toFixed(1)} s)\n`;
  }
  if (process.env.MMTRACE_COUNTS) writeFileSync(process.env.MMTRACE_COUNTS, JSON.stringify(total));
}

// node:test lets a file without any test pass, under the file's own name.
function verdict(type, data) {
  if (data.skip !== undefined || data.todo !== undefined) return "skipped";
  return type === "test:pass" && data.name !== data.file ? "passed" : "failed";
}

function indent(text) {
  return text.replace(/^/gm, "     ");
}
