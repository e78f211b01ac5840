// A folder of traces as tests: each trace holds under each of its models, and no invariant of bookkeeping breaks on the way.

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import { overflowed } from "../../server/src/mm/overflow.ts";
import type { Recording } from "../../server/src/run/recording.ts";
import { run } from "../../server/src/run/run.ts";
import { known } from "./promises.ts";

// A kernel promises nothing that it is known to break, nor anything once it has lost count of its references: §9.
function unpromised(recording: Recording, message: string): boolean {
  return overflowed(recording.kernel) || known(recording.model, message);
}

// `least` is how many traces there must be; `also` asks more of each recording.
export function everyTraceHolds(folder: URL, least: number, also: (recording: Recording) => void = () => {}): void {
  const names = readdirSync(folder).filter((name) => name.endsWith(".mmtrace"));
  test("there are traces to run", () => assert.ok(names.length >= least, `${names.length} traces`));
  for (const name of names) {
    const { program } = analyse(readFileSync(new URL(name, folder), "utf8"));
    for (const { model } of program.kernels) {
      test(`${name} under ${model}`, () => {
        assert.deepEqual([...program.problems, ...check(program, model)], []);
        const recording = run(program, { model, checkInvariants: true });
        const said = recording.failures
          .filter(({ code, message }) => code !== "broken-invariant" || !unpromised(recording, message))
          .map((failure) => `${failure.range.line + 1}: ${failure.message}`);
        assert.deepEqual(said, []);
        assert.equal(recording.limit, undefined);
        also(recording);
      });
    }
  }
}
