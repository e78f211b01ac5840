// What stops the debugger, and what it says when it does.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { DebugProtocol as P } from "@vscode/debugprotocol";
import { Client } from "./dap/client.ts";
import {
  COW,
  child,
  evaluate,
  launched,
  lines,
  PROGRAM,
  scope,
  setLines,
  stoppedAtEntry,
  where,
} from "./dap/stories.ts";
import { inProcess } from "./dap/transports.ts";

// `REASON at WHERE` of every stop of a run, forwards.
async function stops(client: Client): Promise<string[]> {
  const found: string[] = [];
  for (;;) {
    const stop = await client.stopped();
    if (stop.description?.includes("end of the trace")) return found;
    found.push(`${stop.reason} at ${await where(client, stop.threadId)}`);
    await client.ask("continue", { threadId: 1 });
  }
}

const run = (text: string, configure: (client: Client) => Promise<void>) =>
  launched(text, { stopOnExit: true }, configure);

test("a breakpoint on a line without a statement moves to the next one and says so", async () => {
  const text = lines("# a comment", "p = mmap(8K, rw)", "", "repeat 2 as i", "  write(p[i], 1)", "end", "# the end");
  const client = await stoppedAtEntry(text);
  const set = await setLines(client, [{ line: 1 }, { line: 3 }, { line: 4 }, { line: 5 }, { line: 7 }]);
  assert.deepEqual(
    set.map(({ verified, line }) => [verified, line]),
    [
      [true, 2],
      [true, 5],
      [true, 5],
      [true, 5],
      [false, 7],
    ],
  );
  assert.match(set[1].message ?? "", /line 3.*line 5/);
  assert.match(set[4].message ?? "", /no statement/);
  await client.close();
});

test("breakpoint locations are the lines that run", async () => {
  const client = await stoppedAtEntry(COW);
  const { breakpoints } = await client.ask<P.BreakpointLocationsResponse["body"]>("breakpointLocations", {
    source: { path: PROGRAM },
    line: 1,
    endLine: 4,
  });
  assert.deepEqual(breakpoints, [{ line: 2 }, { line: 3 }, { line: 4 }]);
  await client.close();
});

test("breakpoints keep their ids while they stay the same, and old clients send lines alone", async () => {
  const client = await stoppedAtEntry(COW);
  const first = await setLines(client, [{ line: 3 }, { line: 5 }]);
  const second = await setLines(client, [{ line: 5 }, { line: 6 }]);
  assert.equal(second[0].id, first[1].id);
  assert.notEqual(second[1].id, first[0].id);
  const old = await client.ask<P.SetBreakpointsResponse["body"]>("setBreakpoints", {
    source: { path: PROGRAM },
    lines: [3, 4],
  });
  assert.deepEqual(
    old.breakpoints.map(({ verified }) => verified),
    [true, true],
  );
  await client.close();
});

test("breakpoints that are set before the launch are verified by it", async () => {
  const client = new Client(inProcess({ files: { [PROGRAM]: COW } }));
  await client.ask("initialize", { adapterID: "mmtrace" });
  const [early] = await setLines(client, [{ line: 1 }]);
  assert.deepEqual([early.verified, early.message], [false, "no trace is loaded yet"]);
  await client.ask("launch", { program: PROGRAM });
  const { reason, breakpoint } = await client.event<P.BreakpointEvent["body"]>("breakpoint");
  assert.deepEqual([reason, breakpoint.id, breakpoint.verified, breakpoint.line], ["changed", early.id, true, 2]);
  await client.ask("configurationDone");
  assert.deepEqual((await client.stopped()).hitBreakpointIds, [early.id]);
  await client.close();
});

test("a breakpoint in another file is not verified", async () => {
  const client = await stoppedAtEntry(COW);
  const [other] = await setLines(client, [{ line: 3 }], "/traces/other.mmtrace");
  assert.equal(other.verified, false);
  assert.match(other.message ?? "", /not the trace/);
  await client.close();
});

test("conditions and hit counts are those of the language, and what is wrong with them is said at once", async () => {
  const text = lines("p = mmap(40K, rw)", "repeat 10 as i", "  write(p[i], i)", "end");
  const client = await run(text, async (configuring) => {
    const set = await setLines(configuring, [
      { line: 3, condition: "i == 4" },
      { line: 3, condition: "nonsense(" },
      { line: 3, hitCondition: "often" },
      { line: 3, condition: "i > 5", hitCondition: ">= 3" },
    ]);
    assert.deepEqual(
      set.map(({ verified }) => verified),
      [true, false, false, true],
    );
    assert.match(set[1].message ?? "", /^condition: /);
    assert.match(set[2].message ?? "", /^hit count "often"/);
  });
  const at: string[] = [];
  for (let stop = await client.stopped(); !stop.description?.includes("end"); stop = await client.move("continue")) {
    at.push(await evaluate(client, "i"));
  }
  assert.deepEqual(at, ["4", "8", "9"]);
  await client.close();
});

test("a log point writes its message with values and goes on, both ways", async () => {
  const text = lines("p = mmap(12K, rw)", "repeat 3 as i", "  write(p[i], 1)", "end");
  const client = await run(text, async (configuring) => {
    await setLines(configuring, [{ line: 3, logMessage: "i is {i}, mapped: {page(p[i]) != none}" }]);
  });
  await client.stopped();
  const logged = () =>
    client
      .output()
      .filter(({ line, category }) => line === 3 && category === "console")
      .map(({ output }) => output.trim());
  assert.deepEqual(logged(), ["i is 0, mapped: 0", "i is 1, mapped: 0", "i is 2, mapped: 0"]);
  await client.move("reverseContinue");
  assert.deepEqual(logged(), ["i is 2, mapped: 0", "i is 1, mapped: 0", "i is 0, mapped: 0"]);
  await client.close();
});

test("a flood of log messages is cut, and says so", async () => {
  const text = lines("p = mmap(4K, rw)", "repeat 6000", "  read(p)", "end");
  const client = await run(text, async (configuring) => {
    await setLines(configuring, [{ line: 3, logMessage: "here" }]);
  });
  await client.stopped();
  const said = client.output().map(({ output }) => output);
  assert.equal(said.filter((output) => output === "here\n").length, 5000);
  assert.equal(said.filter((output) => output.includes("more log messages")).length, 1);
  await client.close();
});

test("function breakpoints name an operation, a kernel function or a process", async () => {
  for (const [name, expected] of [
    ["fork", ["function breakpoint at 4"]],
    ["child", ["function breakpoint at 6"]],
    [
      "wp_page_copy",
      [
        "function breakpoint at wp_page_copy < do_wp_page < handle_pte_fault < handle_mm_fault < do_user_addr_fault < 5",
      ],
    ],
    [
      "wp_page_reuse()",
      [
        "function breakpoint at wp_page_reuse < do_wp_page < handle_pte_fault < handle_mm_fault < do_user_addr_fault < 6",
      ],
    ],
  ] as const) {
    const client = await run(COW, async (configuring) => {
      const { breakpoints } = await configuring.ask<P.SetFunctionBreakpointsResponse["body"]>(
        "setFunctionBreakpoints",
        {
          breakpoints: [{ name }, { name: "no_such_thing" }],
        },
      );
      assert.deepEqual(
        breakpoints.map(({ verified }) => verified),
        [true, false],
      );
    });
    assert.deepEqual(await stops(client), expected, name);
    await client.close();
  }
});

test("each filter stops at its faults, when the statement is done", async () => {
  for (const [filter, expected] of [
    ["minor", ["exception at 3", "exception at 5", "exception at 6"]],
    ["cow", ["exception at 5"]],
    ["reuse", ["exception at 6"]],
    ["zero", []],
  ] as const) {
    const client = await run(COW, (configuring) => configuring.ask("setExceptionBreakpoints", { filters: [filter] }));
    assert.deepEqual(await stops(client), expected, filter);
    await client.close();
  }
});

test("at a copy on write the new counters are there, the info tells why, and stepBack shows them before", async () => {
  const client = await launched(COW, {}, (configuring) =>
    configuring.ask("setExceptionBreakpoints", {
      filters: [],
      filterOptions: [{ filterId: "cow", condition: "page(child, p).refcount == 1" }],
    }),
  );
  const stop = await client.stopped();
  assert.equal(stop.reason, "exception");
  assert.equal(stop.text, "Fault: cow: A page fault that made a copy");
  const info = await client.ask<P.ExceptionInfoResponse["body"]>("exceptionInfo", { threadId: 1 });
  assert.equal(info.exceptionId, "cow");
  assert.match(info.description ?? "", /5: write\(p, "new"\)/);
  assert.match(info.description ?? "", /decided by .*folio_ref_count.*no \(refcount 2\)/);
  assert.match(info.details?.stackTrace ?? "", /wp_page_copy \(mm\/memory\.c\)/);
  assert.equal(await evaluate(client, "data(p)"), '"new"');
  await client.move("stepBack");
  assert.equal(await evaluate(client, "data(p)"), '"old"');
  assert.equal(await evaluate(client, "page(p).refcount"), "2");
  await client.refused("exceptionInfo", { threadId: 1 });
  await client.close();
});

test("a signal stops where it is sent, while its process still lives; expected ones only with their own filter", async () => {
  const text = lines("p = mmap(4K, r)", "write(p, 1) -> SIGSEGV", "write(p, 2)");
  const client = await run(text, (configuring) =>
    configuring.ask("setExceptionBreakpoints", { filters: ["unexpected"] }),
  );
  const stop = await client.stopped();
  assert.match(await where(client), /do_user_addr_fault < 3$/);
  assert.match(stop.text ?? "", /main dies of SIGSEGV/);
  assert.equal(await evaluate(client, "main.alive"), "1");
  const info = await client.ask<P.ExceptionInfoResponse["body"]>("exceptionInfo", { threadId: 1 });
  assert.match(info.description ?? "", /kernel: main: segfault at 200000000000 error 6/);
  await client.ask("setExceptionBreakpoints", { filters: ["SIGSEGV"] });
  await client.move("reverseContinue");
  assert.match(await where(client), /< 2$/, "the expected one");
  await client.close();
});

test("errnos, failed expects, dead processes and wrong outcomes stop", async () => {
  const text = lines(
    "p = mmap(4K, rw)",
    "munmap(p + 1) -> EINVAL",
    "munmap(p + 1, 4K)",
    "expect page(p).refcount == 7",
    "write(p, 1) -> cow",
    "exit()",
    "read(p)",
  );
  const filtered = (filters: string[]) =>
    run(text, (configuring) => configuring.ask("setExceptionBreakpoints", { filters }));
  const errnos = await filtered(["errno"]);
  assert.deepEqual(await stops(errnos), ["exception at 2", "exception at 3"]);
  await errnos.close();
  const expects = await filtered(["expect"]);
  assert.match((await expects.stopped()).text ?? "", /^Failed expects: expect fails: none == 7/);
  assert.equal(await where(expects), "4");
  await expects.close();
  const unexpected = await filtered(["unexpected"]);
  assert.deepEqual(await stops(unexpected), ["exception at 3", "exception at 5", "exception at 7"]);
  await unexpected.close();
});

test("a promise of the kernel that is broken stops behind the line that breaks it", async () => {
  const text = lines(
    "kernel 5.7",
    "p = mmap(4K, rw)",
    "write(p, 1)",
    "pin = pin_user_pages(p, 4K, write)",
    "c = fork()",
    "write(p, 2)",
    "c: exit()",
  );
  const client = await launched(text, { stopOnExit: true, checkInvariants: true }, (configuring) =>
    configuring.ask("setExceptionBreakpoints", { filters: ["invariant"] }),
  );
  const stop = await client.stopped();
  assert.match(stop.text ?? "", /^Broken invariants: .*the pin holds pfn \d+/);
  assert.equal(await where(client), "6");
  await client.close();
});

test("without any filter set by the client the trace runs through", async () => {
  const client = await run(lines("expect 1 == 2"), async () => undefined);
  assert.match((await client.stopped()).description ?? "", /end of the trace/);
  await client.close();
});

test("pinned data that goes its own way stops where it begins to", async () => {
  const text = lines(
    "kernel 5.7",
    "secret = mmap(4K, rw)",
    'write(secret, "hunter2")',
    "child = fork()",
    "child: pipe = vmsplice(secret, 4K)",
    'child: write(secret, "mine")',
    'write(secret, "changed")',
  );
  const client = await run(text, (configuring) => configuring.ask("setExceptionBreakpoints", { filters: ["pin"] }));
  assert.deepEqual(await stops(client), ["exception at 6"]);
  await client.close();
});

async function watch(client: Client, args: object, accessType?: string): Promise<P.DataBreakpointInfoResponse["body"]> {
  const info = await client.ask<P.DataBreakpointInfoResponse["body"]>("dataBreakpointInfo", args);
  assert.ok(info.dataId, info.description);
  await client.ask("setDataBreakpoints", {
    breakpoints: [{ dataId: info.dataId, ...(accessType ? { accessType } : {}) }],
  });
  return info;
}

test("a data breakpoint on a counter stops behind each event that changes it, in both directions", async () => {
  const client = await stoppedAtEntry(COW, { stopOnExit: true });
  await client.move("next");
  await client.move("next");
  const info = await watch(client, { name: "page(p).refcount" });
  assert.deepEqual(info.accessTypes, ["write"]);
  const seen: string[] = [];
  for (
    let stop = await client.move("continue");
    !stop.description?.includes("end");
    stop = await client.move("continue")
  ) {
    assert.equal(stop.reason, "data breakpoint");
    seen.push((await where(client)).split(" < ")[0]);
  }
  assert.equal(seen.length, 4, "fork, and three of the copy on write");
  const back: string[] = [];
  for (let i = 0; i < seen.length; i++) {
    await client.move("reverseContinue");
    back.unshift((await where(client)).split(" < ")[0]);
  }
  assert.deepEqual(back, seen);
  await client.close();
});

test("a data breakpoint on a variable of a scope watches the same cell", async () => {
  const client = await stoppedAtEntry(COW, { stopOnExit: true });
  await client.move("next");
  await client.move("next");
  const folios = await scope(client, "Folios");
  const mine = folios.find(({ value }) => value.includes("anon"));
  assert.ok(mine);
  await child(client, folios, mine.name);
  await watch(client, { variablesReference: mine.variablesReference, name: "mapcount" });
  await client.move("continue");
  assert.match(await where(client), /< 4$|^4$/);
  await client.close();
});

test("a mapping and a page-table entry are watched by their variables", async () => {
  const text = lines("p = mmap(8K, rw)", "write(p, 1)", "mprotect(p, 4K, r)", "munmap(p + 4K, 4K)", "munmap(p, 4K)");
  const mapping = async (client: Client) => (await scope(client, "Process"))[0];
  const leaf = async (client: Client) => {
    let list = await scope(client, "Page tables");
    for (const level of ["pgd", "pud"]) list = await child(client, list, `${level} 0x200000000000`);
    return list[0];
  };
  for (const [parent, expected] of [
    [mapping, ["3", "5"]],
    [leaf, ["3", "5"]],
  ] as const) {
    const client = await stoppedAtEntry(text, { stopOnExit: true });
    await client.move("next");
    await client.move("next");
    await watch(client, {
      variablesReference: (await parent(client)).variablesReference,
      name: parent === leaf ? "pte 0x200000000000" : "0x200000000000",
    });
    const seen = new Set<string>();
    for (
      let stop = await client.move("continue");
      !stop.description?.includes("end");
      stop = await client.move("continue")
    ) {
      seen.add((await where(client)).split(" < ").at(-1) ?? "");
    }
    assert.deepEqual([...seen], expected);
    await client.close();
  }
});

test("bytes are watched through the page tables: a copy that keeps them is no write", async () => {
  const client = await stoppedAtEntry(COW, { stopOnExit: true });
  await client.move("next");
  const { dataId, accessTypes } = await watch(client, { name: "byte(p)" });
  assert.match(dataId ?? "", /\+1$/);
  assert.deepEqual(accessTypes, ["read", "write", "readWrite"]);
  const seen: string[] = [];
  for (
    let stop = await client.move("continue");
    !stop.description?.includes("end");
    stop = await client.move("continue")
  ) {
    seen.push(`${await where(client)} ${await evaluate(client, "data(p)")}`);
  }
  assert.deepEqual(seen, ['3 "old"', '5 "new"'], "the first write and the write of the parent, not the copy");
  await client.close();
});

test("reads of bytes stop, too, when they are asked for", async () => {
  const text = lines("p = mmap(8K, rw)", "write(p, 1)", "read(p)", "read(p[1])", "read(p, 8K)");
  const client = await stoppedAtEntry(text, { stopOnExit: true });
  await client.move("next");
  await watch(client, { name: "byte(p)" }, "read");
  await client.ask("continue", { threadId: 1 });
  assert.deepEqual(await stops(client), ["data breakpoint at 3", "data breakpoint at 5"]);
  await client.close();
});

test("what cannot be watched is said, and a dataId of nobody's is refused", async () => {
  const client = await stoppedAtEntry(COW);
  const info = await client.ask<P.DataBreakpointInfoResponse["body"]>("dataBreakpointInfo", { name: "1 + 1" });
  assert.equal(info.dataId, null);
  assert.match(await client.refused("setDataBreakpoints", { breakpoints: [{ dataId: "x.y[0]" }] }), /no dataId/);
  await client.close();
});

test("filters stop at what comes back from swap, and at who finds no memory", async () => {
  const swapped = lines("p = mmap(4K)", "write(p, 1)", "swapout(p, 4K)", "read(p)", "swapout(p, 4K)", "write(p, 2)");
  const swapin = await run(swapped, (configuring) =>
    configuring.ask("setExceptionBreakpoints", { filters: ["swapin"] }),
  );
  assert.deepEqual(await stops(swapin), ["exception at 4", "exception at 6"]);
  await swapin.close();
  const full = lines(
    "machine memory=256K swap=0",
    "p = mmap(256K)",
    "write(p, 1)",
    "write(p[1], 1, machine.free * 4K)",
    "write(p[63], 1) -> OOM",
    "read(p)",
  );
  const oom = await run(full, (configuring) => configuring.ask("setExceptionBreakpoints", { filters: ["OOM"] }));
  const stop = await oom.stopped();
  assert.equal(stop.reason, "exception");
  assert.match(await where(oom), /< 5$/, "where the fault finds no memory");
  await oom.close();
});

test("a data breakpoint on the LRU flag stops where the batch is drained, one on refcount where it lets go", async () => {
  const text = lines(
    "machine lru_batch=on",
    "p = mmap(4K)",
    "write(p, 1)",
    "lru_add_drain()",
    "madvise(p, 4K, free)",
    "lru_add_drain()",
  );
  const client = await stoppedAtEntry(text, { stopOnExit: true });
  await client.move("next");
  await client.move("next");
  assert.equal(await evaluate(client, "page(p).lru"), "0");
  assert.equal(await evaluate(client, "page(p).refcount"), "2");
  await watch(client, { name: "page(p).lru" });
  const drained = await client.move("continue");
  assert.equal(drained.reason, "data breakpoint");
  assert.match(
    await where(client),
    /< folio_batch_move_lru < lru_add_drain < 4$|^folio_batch_move_lru < lru_add_drain < 4$/,
  );
  assert.equal(await evaluate(client, "page(p).lru"), "1");
  await watch(client, { name: "page(p).refcount" });
  const seen: string[] = [];
  for (let i = 0; i < 3; i++) {
    await client.move("continue");
    seen.push(await evaluate(client, "page(p).refcount"));
  }
  assert.deepEqual(seen, ["1", "2", "1"], "the first batch lets go, MADV_FREE's takes the page and lets go");
  await client.close();
});
