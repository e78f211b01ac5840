// Mistakes of ours end in the guard: one error answer, one line in the log.

import assert from "node:assert/strict";
import { test } from "node:test";
import { CancellationTokenSource, ErrorCodes, ResponseError } from "vscode-languageserver";
import { DEFAULT_SETTINGS } from "../../server/src/ide/settings.ts";
import { Guard } from "../../server/src/lsp/guard.ts";
import { readSettings } from "../../server/src/lsp/settings.ts";

function guarded(): { guard: Guard; log: string[] } {
  const log: string[] = [];
  const write = (message: string) => log.push(message);
  const guard = new Guard({ error: write, warn: write });
  guard.initialize();
  return { guard, log };
}

const { token } = new CancellationTokenSource();

test("a mistake in a request is its error answer, and is logged with its story", async () => {
  const { guard, log } = guarded();
  const handler = guard.request("hover", () => {
    throw new TypeError("boom");
  });
  await assert.rejects(handler({}, token), (error: ResponseError<void>) => error.code === ErrorCodes.InternalError);
  assert.equal(log.length, 1);
  assert.match(log[0], /^hover: TypeError: boom\n +at /);
});

test("what a request refuses is no mistake", async () => {
  const { guard, log } = guarded();
  const handler = guard.request("rename", () => {
    throw new ResponseError(ErrorCodes.InvalidParams, "no");
  });
  await assert.rejects(handler({}, token), (error: ResponseError<void>) => error.code === ErrorCodes.InvalidParams);
  assert.deepEqual(log, []);
});

test("a mistake in a notification is logged, and the next one is handled", async () => {
  const { guard, log } = guarded();
  const seen: number[] = [];
  const handler = guard.notification("change", (number: number) => {
    if (number === 1) throw new Error("boom");
    seen.push(number);
  });
  await handler(1);
  await handler(2);
  assert.deepEqual(seen, [2]);
  assert.equal(log.length, 1);
});

test("settings that are absent, null or of the wrong kind are the defaults", () => {
  const odd = { defaultModel: 6.1, inlayHints: { outcome: "no" }, limits: { events: -1, memory: "2", time: null } };
  for (const section of [undefined, null, {}, [], "x", { inlayHints: null, limits: 7, codeLens: null }, odd]) {
    assert.deepEqual(readSettings(section), DEFAULT_SETTINGS);
  }
});

test("limits are given in events, MiB and seconds", () => {
  const { limits } = readSettings({ limits: { events: 5, memory: 2, time: 3 } });
  assert.deepEqual(limits, { events: 5, bytes: 2 * 2 ** 20, milliseconds: 3000 });
});
