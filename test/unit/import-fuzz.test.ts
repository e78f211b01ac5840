import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { data, imported, lines, merged, seconds } from "./imported.ts";

const REAL = ["mmops-all", "threads-stderr", "mmrare", "comm-Y", "true-all-v-y", "attach-stderr"].flatMap((name) =>
  lines(data(`strace/${name}.strace.gz`)),
);
const FAULTS = lines(data("perf/cow-merged.faults.gz"));

/** A real line, cut, doubled, or with something else in the middle. */
const broken = fc
  .tuple(
    fc.constantFrom(...REAL),
    fc.nat(),
    fc.nat(),
    fc.oneof(fc.string(), fc.constantFrom("(", '"', "<", "[pid ", "= ", "0x", "/*", "99999999999999999999")),
  )
  .map(([line, a, b, inserted]) => {
    const from = a % (line.length + 1);
    const to = from + (b % (line.length - from + 1));
    return line.slice(0, from) + inserted + line.slice(to);
  })
  .map((line) => line.replaceAll("\n", " "));

test("no broken log makes the importer throw, and every line of it is accounted for", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(broken, fc.constantFrom(...REAL), fc.string()), { maxLength: 60 }), (log) => {
      const whole = log.map((line) => line.replaceAll("\n", " "));
      const { report, text } = imported(`${whole.join("\n")}\n`, { touch: "all" });
      assert.equal(report.lines, whole.length === 0 ? 1 : whole.length);
      assert.ok(report.asOperations <= report.succeeded);
      // Nothing of a log may become code: each line of the trace is one statement with its source, or a comment.
      for (const line of text.split("\n"))
        assert.match(line, /^(?:#[^\n\r]*|kernel 6\.18|machine memory=\d+G|[\w:= ]+(?:\(.*\).*)? {2,}# .*|)$/);
    }),
    { numRuns: 300 },
  );
});

test("neither do shuffled faults", async () => {
  const faults = fc.array(
    fc.oneof(
      fc.constantFrom(...FAULTS),
      fc.string().map((line) => line.replaceAll("\n", " ")),
    ),
  );
  await fc.assert(
    fc.asyncProperty(faults, async (list) => {
      const { error } = await merged([{ text: data("perf/cow-merged.strace.gz") }], list.join("\n"));
      assert.equal(error, undefined);
    }),
    { numRuns: 50 },
  );
});

/** Bad logs that cost time where a reader is careless; each is imported in seconds. */
const COSTLY: Readonly<Record<string, () => string>> = {
  "10 MB in one line": () => `mmap(${"(".repeat(10_000_000)}`,
  "an endless string": () => `7 openat(AT_FDCWD, "${"\\".repeat(2_000_000)}`,
  "100,000 calls that never end": () =>
    Array.from({ length: 100_000 }, (_, i) => `${i} fork( <unfinished ...>`).join("\n"),
  "100,000 processes from nowhere": () =>
    Array.from({ length: 100_000 }, (_, i) => `${i + 1} brk(NULL) = 0x1000`).join("\n"),
  "100,000 mappings side by side": () =>
    Array.from(
      { length: 100_000 },
      (_, i) => `mmap(NULL, 4096, 0, 0x22, -1, 0) = 0x${(0x10000 + i * 4096).toString(16)}`,
    ).join("\n"),
  "forks of a crowded process": () =>
    [
      ...Array.from(
        { length: 60_000 },
        (_, i) => `7 mmap(NULL, 4096, 0, 0x22, -1, 0) = 0x${(0x10000 + i * 8192).toString(16)}`,
      ),
      ...Array.from({ length: 20_000 }, (_, i) => `7 fork() = ${i + 8}`),
    ].join("\n"),
  "a mapping of all the addresses": () =>
    "mmap(NULL, 18446744073709551615, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x10000",
  "100,000 flags": () => `mmap(NULL, 4096, ${"PROT_READ|".repeat(100_000)}, 0x22, -1, 0) = 0x10000`,
};

for (const [what, log] of Object.entries(COSTLY)) {
  test(`${what}: no time is lost`, () => {
    const text = log();
    const took = seconds(() => imported(text, { touch: "all" }));
    // Wide: on a busy machine an ordinary pace takes seconds, what is wrong here takes minutes.
    assert.ok(took < 20, `${took} s`);
  });
}
