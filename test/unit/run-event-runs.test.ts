// Events of many rows, as they are read: the journal, changes, why, data breakpoints.

import assert from "node:assert/strict";
import { test } from "node:test";
import { runsJson } from "../../server/src/cli/json.ts";
import { traceOf } from "../../server/src/cli/trace.ts";
import { dataWatch } from "../../server/src/dap/data_breakpoints.ts";
import type { Entry } from "../../server/src/dap/entry.ts";
import { end, position, START } from "../../server/src/dap/moment.ts";
import { changesScope } from "../../server/src/dap/scope_changes.ts";
import { Timeline } from "../../server/src/dap/timeline.ts";
import { counterChanges } from "../../server/src/ide/counter_changes.ts";
import type { Kernel } from "../../server/src/mm/kernel.ts";
import { pageAt } from "../../server/src/mm/observe.ts";
import { changes } from "../../server/src/run/changes.ts";
import { journalLines, type Runs } from "../../server/src/run/journal_text.ts";
import type { Recording } from "../../server/src/run/recording.ts";
import { chainOf } from "../../server/src/run/why.ts";
import { nextWrite, valueAt, writeBefore, writeFrom } from "../../server/src/run/writes.ts";
import { recordRuns } from "../support/runs.ts";

const TRACE = "p = mmap(8K)\nwrite(p, 1)\nwrite(p + 4K, 2)\n";

// Pages 4096…4607 are the folio. At the first fault all get a mapping, at the second one more, and then page 4100 loses one.
const FOLIO = 4096;
const MIDDLE = 4100;
const FIRST_PAGE = 0x200000000;

function folio(k: Kernel, fault: number): void {
  const { _mapcount, index } = k.w.page;
  k.ensure(k.w.page, FOLIO + 512);
  if (fault === 0) k.setRun(index, FOLIO, 512, 16, 1);
  if (fault === 0) k.setRun(_mapcount, FOLIO, 512, 1);
  else {
    k.addRun(_mapcount, FOLIO, 512, 1);
    k.add(_mapcount, MIDDLE, -1);
  }
}

const recorded = (): Recording => recordRuns(TRACE, folio);

// The events of the middle page's mapcount.
function middleWrites(recording: Recording): number[] {
  const { journal, w } = recording.kernel;
  const all = Array.from({ length: journal.length }, (_, at) => at);
  return all.filter((at) => journal.field(at) === w.page._mapcount.id && journal.covers(at, MIDDLE));
}

function lines(recording: Recording, runs: Runs): string[] {
  return [...journalLines(recording, String, runs)].map((line) => line.trim());
}

test("the journal shows a run as one line, with its first and last row and how many", () => {
  const text = lines(recorded(), "one line");
  assert.ok(text.includes("pfn 4096…4607 mapcount 0 → 1 ×512"));
  assert.ok(text.includes("pfn 4096…4607 index 0x0 → 0x10…0x20f ×512"));
  assert.equal(text.filter((line) => line.startsWith("pfn 4100 ")).length, 1);
});

test("expanded, the journal has a line for each row of a run", () => {
  const text = lines(recorded(), "expanded");
  assert.deepEqual(
    text.filter((line) => line.startsWith("pfn 4100 ")),
    ["pfn 4100 index 0x0 → 0x14", "pfn 4100 mapcount 0 → 1", "pfn 4100 mapcount 1 → 2", "pfn 4100 mapcount 2 → 1"],
  );
  assert.ok(text.includes("pfn 4607 index 0x0 → 0x20f"));
  assert.ok(!text.some((line) => line.includes("×")));
});

test("as JSON a run is one object with its count and steps, and expanded one for each row", () => {
  const recording = recorded();
  const trace = traceOf({ file: "a", text: TRACE, stray: undefined });
  const events = (runs: Runs) => {
    const [run] = JSON.parse([...runsJson(trace, [recording], runs)].join(""));
    return run.steps.flatMap(({ journal }: { journal: Record<string, unknown>[] }) => journal);
  };
  const isIndex = ({ field, row }: Record<string, unknown>) => field === "index" && Number(row) >= FOLIO;
  const [run, ...others] = events("one line").filter(isIndex);
  assert.deepEqual(others, []);
  const { row, count, from, fromStep, to, toStep } = run;
  assert.deepEqual([row, count, from, fromStep, to, toStep], [FOLIO, 512, 0, 0, 16, 1]);
  assert.equal(run.text, "pfn 4096…4607 index 0x0 → 0x10…0x20f ×512");
  const rows = events("expanded").filter(isIndex);
  assert.equal(rows.length, 512);
  assert.deepEqual([rows[4].row, rows[4].count, rows[4].to, rows[4].toStep], [MIDDLE, 1, 20, 0]);
});

test("without the journal the JSON of a run is as JSON.stringify would indent it", () => {
  const trace = traceOf({ file: 'a "steps": []', text: TRACE, stray: undefined });
  const text = [...runsJson(trace, [recorded(), recordRuns("", folio)])].join("");
  assert.equal(text, `${JSON.stringify(JSON.parse(text), undefined, 2)}\n`);
});

test("why tells the change of one page, and with which others it was made", () => {
  const recording = recorded();
  const { _mapcount } = recording.kernel.w.page;
  const source = { field: _mapcount, row: MIDDLE, mask: undefined, name: "its mapcount" };
  assert.deepEqual(
    chainOf(recording, source, recording.length).links.map(({ text }) => text),
    [
      "pfn 4100 mapcount 0 → 1 (one of pfn 4096…4607 ×512)",
      "pfn 4100 mapcount 1 → 2 (one of pfn 4096…4607 ×512)",
      "pfn 4100 mapcount 2 → 1",
    ],
  );
});

test("a flag is told by the runs that changed this flag of this page", () => {
  const recording = recordRuns(TRACE, (k, fault) => {
    const { flags } = k.w.page;
    k.ensure(k.w.page, FOLIO + 8);
    if (fault === 0) k.setRun(flags, FOLIO, 8, 1, 1);
    else k.setRun(flags, FOLIO, 8, 4);
  });
  const source = { field: recording.kernel.w.page.flags, row: FOLIO + 3, mask: 1, name: "its first flag" };
  // The page held 4, whose first bit is not set, from the first run on.
  assert.equal(chainOf(recording, source, recording.length).links.length, 0);
  const next = { ...source, row: FOLIO + 4 };
  assert.equal(chainOf(recording, next, recording.length).links.length, 2);
});

test("the writes of a page in the middle are found, either way, with its own values", () => {
  const recording = recorded();
  const { kernel } = recording;
  const cell = { field: kernel.w.page.index, row: MIDDLE };
  const [event] = [writeFrom(kernel.journal, cell, 0)];
  assert.ok(event > 0);
  assert.equal(writeBefore(kernel.journal, cell, recording.length), event);
  assert.equal(nextWrite(kernel.journal, [cell], 0, "forwards"), event);
  assert.equal(nextWrite(kernel.journal, [cell], recording.length, "backwards"), event);
  assert.equal(nextWrite(kernel.journal, [{ ...cell, row: FOLIO + 512 }], 0, "forwards"), -1);
  kernel.seek(0);
  assert.equal(valueAt(kernel, cell, event + 1), 20);
  kernel.seek(recording.length);
  assert.equal(valueAt(kernel, cell, event), 0);
});

test("a data breakpoint on one page of a folio stops at each run that changed it, either way", () => {
  const recording = recorded();
  const place = { kind: "cell", table: "page", field: "_mapcount", row: MIDDLE, mask: undefined, name: "it" } as const;
  const watch = dataWatch(recording, [place], "write");
  const stops: number[] = [];
  for (let at = watch.find(START, 1, end(recording)); at; at = watch.find(at, 1, end(recording))) {
    stops.push(position(recording, at) - 1);
  }
  assert.deepEqual(stops, middleWrites(recording));
  assert.equal(stops.length, 3);
  const back: number[] = [];
  for (let at = watch.find(end(recording), -1, START); at; at = watch.find(at, -1, START)) {
    back.push(position(recording, at) - 1);
  }
  assert.deepEqual(back.reverse(), stops);
});

test("a data breakpoint on a flag of one page passes by runs that leave this flag", () => {
  const recording = recordRuns(TRACE, (k, fault) => {
    k.ensure(k.w.page, FOLIO + 8);
    k.setRun(k.w.page.flags, FOLIO, 8, fault === 0 ? 1 : 3);
  });
  const place = (mask: number) =>
    ({ kind: "cell", table: "page", field: "flags", row: FOLIO + 5, mask, name: "it" }) as const;
  const count = (mask: number) => {
    const watch = dataWatch(recording, [place(mask)], "write");
    let stops = 0;
    for (let at = watch.find(START, 1, end(recording)); at; at = watch.find(at, 1, end(recording))) stops++;
    return stops;
  };
  assert.deepEqual([count(1), count(2), count(4)], [1, 1, 0]);
});

test("a data breakpoint on bytes stops at a run that changed them among those of other pages", () => {
  let event = -1;
  const recording = recordRuns(TRACE, (k, fault) => {
    if (fault === 0) return;
    const { content } = k.w.page;
    const pfn = pageAt(k, 0, FIRST_PAGE);
    for (let near = pfn - 1; near <= pfn + 1; near++) k.set(content, near, content.data[pfn]);
    event = k.position;
    k.setRun(content, pfn - 1, 3, k.contents.write(0, 0, new Uint8Array([7])));
  });
  assert.equal(recording.kernel.journal.count(event), 3);
  const at = BigInt(FIRST_PAGE) * 4096n;
  const watch = dataWatch(recording, [{ kind: "bytes", task: 0, at, length: 1, name: "it" }], "write");
  // The first stop is the write of the process.
  const own = watch.find(START, 1, end(recording));
  const moment = own && watch.find(own, 1, end(recording));
  assert.ok(moment);
  assert.equal(position(recording, moment) - 1, event);
});

test("changes tell neighbours that changed alike as one, and the others beside them", () => {
  const recording = recorded();
  const { rows } = changes(recording, 0, recording.length, 1000);
  const texts = rows.filter(({ row }) => row >= FOLIO && row < FOLIO + 512).map(({ text }) => text);
  assert.deepEqual(texts.sort(), [
    "pfn 4096…4099 mapcount 0 → 2 ×4",
    "pfn 4096…4607 index 0x0 → 0x10…0x20f ×512",
    "pfn 4100 mapcount 0 → 1",
    "pfn 4101…4607 mapcount 0 → 2 ×507",
  ]);
  const back = changes(recording, recording.length, 0, 1000).rows.map(({ text }) => text);
  assert.ok(back.includes("pfn 4101…4607 mapcount 2 → 0 ×507"));
  assert.ok(back.includes("pfn 4096…4607 index 0x10…0x20f → 0x0 ×512"));
});

test("a page that a run changed and another one changed back is no change", () => {
  const recording = recordRuns(TRACE, (k, fault) => {
    k.ensure(k.w.page, FOLIO + 8);
    if (fault === 0) k.setRun(k.w.page._mapcount, FOLIO, 8, 1);
    else k.setRun(k.w.page._mapcount, FOLIO + 2, 2, 0);
  });
  const { rows } = changes(recording, 0, recording.length, 1000);
  const names = rows.filter(({ row }) => row >= FOLIO).map(({ name }) => name);
  assert.deepEqual(names.sort(), ["pfn 4096…4097 _mapcount", "pfn 4100…4103 _mapcount"]);
});

test("in the debugger a change of many pages opens to each of them, in pages, and each can be watched", () => {
  const timeline = new Timeline(recorded(), 0);
  timeline.go(end(timeline.recording));
  const scope = changesScope.children({ trace: undefined as never, timeline, task: 0, style: undefined as never });
  assert.ok(scope?.kind === "indexed");
  const entries: Entry[] = scope.page(0, scope.count);
  const run = entries.find(({ name }) => name === "pfn 4096…4607 index");
  assert.equal(run?.value, "0x0 → 0x10…0x20f ×512");
  assert.equal(run.watched, undefined);
  const rows = run.children;
  assert.ok(rows?.kind === "indexed");
  assert.equal(rows.count, 512);
  const [one, ...more] = rows.page(4, 1);
  assert.deepEqual([one.name, one.value, more.length], ["pfn 4100 index", "0x0 → 0x14", 0]);
  const [place] = one.watched?.() ?? [];
  assert.ok(place.kind === "cell");
  assert.deepEqual([place.table, place.field, place.row], ["page", "index", MIDDLE]);
  assert.equal(timeline.recording.kernel.position, timeline.position);
});

test("a hover tells equal neighbours once", () => {
  const told = counterChanges(recorded(), 2);
  assert.ok(told.includes("pfn 4096…4099 map 1 → 2"), told.join("; "));
  assert.ok(told.includes("pfn 4101…4607 map 1 → 2"));
});
