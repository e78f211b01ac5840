// The grammar colours each word as what it is. The expectations stand in test/grammar, below the lines they are about.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

test("the grammar's words", () => {
  const program = "node_modules/vscode-tmgrammar-test/dist/unit.js";
  const ran = spawnSync(
    process.execPath,
    [program, "-g", "syntaxes/mmtrace.tmLanguage.json", "test/grammar/words.mmtrace"],
    {
      encoding: "utf8",
    },
  );
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
});
