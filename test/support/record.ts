// A trace's text to its recording, for tests: no problem in the text is let pass.

import assert from "node:assert/strict";
import { check } from "../../server/src/lang/check.ts";
import { analyse } from "../../server/src/lang/document.ts";
import type { Program } from "../../server/src/lang/program.ts";
import type { Recording } from "../../server/src/run/recording.ts";
import { type RunOptions, run } from "../../server/src/run/run.ts";

export const MODEL = "6.12";

export function programOf(text: string, model = MODEL): Program {
  const { program } = analyse(text);
  const problems = [...program.problems, ...check(program, model)].filter((problem) => problem.severity === "error");
  assert.deepEqual(problems, []);
  return program;
}

export function record(text: string, options: Partial<RunOptions> = {}): Recording {
  return run(programOf(text, options.model), { model: MODEL, ...options });
}

// Everything that can be told of a recording, as one value to compare. Takes part in "a rerun is a run".
export function told(recording: Recording): unknown {
  const { steps, kernel } = recording;
  kernel.seek(recording.length);
  return {
    events: Array.from({ length: recording.length }, (_, at) => {
      const { frame, from, to, ...event } = kernel.journal.at(at);
      const depth = kernel.journal.depth(kernel.journal.frame(at));
      if (event.field !== "content") return { ...event, from, to, frame: frame?.name, depth };
      return { ...event, from: bytesOf(recording, from), to: bytesOf(recording, to), frame: frame?.name, depth };
    }),
    steps: Array.from({ length: steps.length }, (_, step) => ({
      statement: steps.statement(step),
      line: steps.line(step),
      end: steps.end(step),
      task: steps.task(step),
      bits: steps.bits(step),
      outcome: steps.outcome(step),
      place: steps.place(step),
      rounds: steps.roundsOf(step).map(({ repeat, round, count }) => [repeat, round, count]),
    })),
    failures: recording.failures,
    checks: recording.checks,
    limit: recording.limit,
    world: worldOf(recording),
  };
}

// Contents are numbered in the order in which they were first made; what they hold is what counts.
function bytesOf(recording: Recording, content: number): string {
  return recording.kernel.contents.get(content).join(",");
}

// All columns of the world where the cursor stands, up to the last row that holds anything.
export function worldOf(recording: Recording): Record<string, (number | string)[]> {
  const world: Record<string, (number | string)[]> = {};
  for (const table of Object.values(recording.kernel.w)) {
    for (const field of table.fields) {
      const values = Array.from(field.data);
      while (values.length > 0 && values[values.length - 1] === 0) values.pop();
      const isContent = table.name === "page" && field.name === "content";
      world[`${table.name}.${field.name}`] = isContent ? values.map((id) => bytesOf(recording, id)) : values;
    }
  }
  return world;
}
