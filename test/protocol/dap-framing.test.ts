// Frames out of any stream of bytes: what is a message comes out, what is none costs nothing else.

import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FrameReader, frame, LONGEST_MESSAGE } from "../../server/src/dap/framing.ts";

function read(pieces: readonly (string | Uint8Array)[]) {
  const messages: unknown[] = [];
  const malformed: string[] = [];
  const reader = new FrameReader({ message: (value) => messages.push(value), malformed: (why) => malformed.push(why) });
  for (const piece of pieces) reader.push(typeof piece === "string" ? new TextEncoder().encode(piece) : piece);
  return { messages, malformed, pending: reader.pending };
}

const good = (value: object) => new TextDecoder().decode(frame(value));
const A = { seq: 1, text: "größer → 𝒳" };
const B = { seq: 2 };

test("frames come out whole, however they are cut", () => {
  fc.assert(
    fc.property(
      fc.array(fc.jsonValue(), { maxLength: 5 }),
      fc.infiniteStream(fc.integer({ min: 1, max: 40 })),
      (values, sizes) => {
        const bytes = values.flatMap((value) => [...frame({ value })]);
        const pieces: Uint8Array[] = [];
        for (let at = 0; at < bytes.length; ) {
          const size = sizes.next().value as number;
          pieces.push(Uint8Array.from(bytes.slice(at, at + size)));
          at += size;
        }
        const { messages, malformed } = read(pieces);
        assert.deepEqual(
          messages,
          values.map((value) => JSON.parse(JSON.stringify({ value }))),
        );
        assert.deepEqual(malformed, []);
      },
    ),
  );
});

test("other header fields and any case are accepted", () => {
  assert.deepEqual(read(['Content-Type: application/json\r\ncontent-length: 9\r\n\r\n{"seq":2}']).messages, [B]);
});

for (const [name, bad] of [
  ["garbage before a header", "GET / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a body that is no JSON", "Content-Length: 5\r\n\r\nhello"],
  ["an empty body", "Content-Length: 0\r\n\r\n"],
  ["a length that is no number", "Content-Length: many\r\n\r\n"],
  ["a negative length", "Content-Length: -5\r\n\r\n"],
  ["a length that is too short", 'Content-Length: 3\r\n\r\n{"seq":7}'],
  ["a length that is too long", 'Content-Length: 900\r\n\r\n{"seq":7}'],
  ["a length beyond all memory", "Content-Length: 99999999999999\r\n\r\n"],
  ["bytes that are no UTF-8", "Content-Length: 4\r\n\r\n\u0000\u0001\u0002\u0003"],
  ["a long line without a header", `${"x".repeat(100_000)}\r\n\r\n`],
] as const) {
  test(`${name}: said once or more, and the next messages come out`, () => {
    const { messages, malformed } = read([good(A), bad, good(A), good(B)]);
    assert.deepEqual(messages, [A, A, B]);
    assert.ok(malformed.length >= 1);
  });
}

test("garbage without end stays out of memory", () => {
  const messages: unknown[] = [];
  const reader = new FrameReader({ message: (value) => messages.push(value), malformed: () => undefined });
  for (let i = 0; i < 1000; i++) reader.push(new Uint8Array(10_000).fill(120));
  assert.ok(reader.pending < LONGEST_MESSAGE / 1000);
  reader.push(frame(B));
  assert.deepEqual(messages, [B]);
});

test("after any bytes at all, two good frames are enough to be back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      const { messages } = read([noise, frame(A), frame(B)]);
      assert.deepEqual(messages.at(-1), B);
    }),
  );
});
