// A guest that is no kernel: it answers operation after operation with what a recording says, in the words of the protocol
// (server/guest/README.md). So the reading and comparing of answers is tested without a real one.

import { encode } from "../../server/src/lang/bytes.ts";
import type { GuestLine } from "../../server/src/run/linux/drive.ts";
import type { FolioLook, FrameLook, Look, ResultLook } from "../../server/src/run/linux/look.ts";
import { planOf } from "../../server/src/run/linux/plan.ts";
import { simulatedLook, simulatedResult } from "../../server/src/run/linux/simulated.ts";
import type { Recording } from "../../server/src/run/recording.ts";

export interface SimulatedGuest extends GuestLine {
  // What was sent to it.
  readonly heard: string[];
}

// `change` may falsify each line before it leaves.
export function simulatedGuest(
  recording: Recording,
  change: (line: string) => string = (line) => line,
): SimulatedGuest {
  const heard: string[] = [];
  const waiting: string[] = [];
  // The step of each operation in order; a process that dies of a signal is told so by one more.
  const plan = planOf(recording).steps.flatMap((planned) => {
    if (planned.send === undefined || planned.process) return [];
    return planned.afterwards === undefined ? [planned.step] : [planned.step, planned.step];
  });
  let last = new Map<string, string>();
  return {
    heard,
    send: (line) => {
      heard.push(line);
      const operation = /^op (\d+) /.exec(line);
      if (!operation) {
        waiting.push(`ok ${line.split(" ").slice(0, 2).join(" ")}`);
        return;
      }
      const step = plan[Number(operation[1]) - 1];
      const position = recording.kernel.position;
      const result = simulatedResult(recording, step);
      recording.kernel.seek(recording.steps.end(step));
      const now = linesOf(simulatedLook(recording.kernel));
      const pages = touchedPages(recording, step, result);
      recording.kernel.seek(position);
      waiting.push(change(`r ${operation[1]} ${resultText(result)}${pages}`));
      for (const [key, fields] of now) if (last.get(key) !== fields) waiting.push(change(`${key} ${fields}`));
      for (const key of last.keys()) if (!now.has(key)) waiting.push(`-${key}`);
      waiting.push(`. ${operation[1]}`);
      last = now;
    },
    next: () => {
      const line = waiting.shift();
      return line === undefined ? Promise.reject(new Error("nothing more to say")) : Promise.resolve(line);
    },
  };
}

function resultText({ address, errno, signal, minorFaults, majorFaults }: ResultLook): string {
  const value = address === undefined ? "0" : hex(address);
  return `ret=${value} errno=${errno ?? 0} signal=${signal ?? 0} minflt=${minorFaults} majflt=${majorFaults}`;
}

// An access of several pages took all of its faults at the first one and none at the others: the words come out the same.
function touchedPages(recording: Recording, step: number, result: ResultLook): string {
  const statement = recording.program.statements[recording.steps.statement(step)];
  const place = recording.steps.place(step);
  if (statement.kind !== "operation" || !statement.op.access || !place) return "";
  const { minorFaults = 0, majorFaults = 0 } = result;
  if (minorFaults + majorFaults === 0) return "";
  const pages = Array.from({ length: place.pages }, (_, i) => {
    const faults = i === 0 ? `${minorFaults}:${majorFaults}` : "0:0";
    return `${hex((place.vpn + i) * 4096)}:${faults}`;
  });
  return ` a=${pages.join(",")}`;
}

function linesOf(look: Look): Map<string, string> {
  const lines = new Map<string, string>();
  const frame = (one: FrameLook) => {
    const bytes = Array.from(encode(one.text ?? ""), (byte) => byte.toString(16).padStart(2, "0")).join("");
    lines.set(
      `f ${one.pfn}`,
      fields({
        ref: one.refcount,
        map: one.mapcount,
        excl: one.exclusive,
        anon: one.anon,
        file: one.file,
        ksm: one.ksm,
        zero: one.zero,
        swapcache: one.swapcache,
        dirty: one.dirty,
        lru: one.lru,
        hugetlb: one.hugetlb || undefined,
        ...(one.folio && folioFields(one.folio)),
        hash: one.hash,
        text: bytes,
      }),
    );
  };
  for (const space of look.spaces) {
    const { worker, rssAnon, rssFile, rssShmem, swap, pageTables, hugetlb, smaps } = space;
    const rss = { rss_anon: rssAnon, rss_file: rssFile, rss_shmem: rssShmem, swap };
    const counters = { ...rss, page_tables: pageTables, hugetlb, mmid: space.mmId };
    // What the simulation knows of all mappings together is the first one's.
    let rest = fields({
      pss: smaps?.pss,
      uss: smaps?.uss,
      anonhuge: smaps?.anonHuge,
      shmemhuge: smaps?.shmemHuge,
      filehuge: smaps?.fileHuge,
    });
    lines.set(`s ${worker}`, fields(counters));
    for (const vma of space.vmas) {
      lines.set(`v ${worker} ${hex(vma.start)}`, `end=${hex(vma.end)} perm=${vma.permissions} off=0 ${rest}`);
      rest = rest.replace(/=\d+/g, "=0");
    }
    for (const entry of space.entries) {
      const { writable: w, dirty: d, accessed: a, special, softDirty: softdirty, exclusive } = entry;
      const pfn = entry.frame?.pfn;
      const bits = fields({ w, d, a, special, softdirty, exclusive, pfn });
      lines.set(`e ${worker} ${hex(entry.address)}`, `level=${entry.level} kind=${entry.kind} ${bits}`);
      if (entry.frame) frame(entry.frame);
      for (const one of entry.rest) frame(one);
    }
  }
  for (const { pin, pages } of look.pins) {
    for (const [i, page] of pages.entries()) {
      if (!page) continue;
      lines.set(`b ${pin} ${i}`, `pfn=${page.pfn}`);
      frame(page);
    }
  }
  lines.set("m", `swap_used=${look.machine.swapUsed}`);
  return lines;
}

function folioFields(folio: FolioLook): Readonly<Record<string, number | boolean | undefined>> {
  return {
    order: folio.order,
    head: folio.head,
    entire: folio.entireMapcount,
    nrmapped: folio.nrPagesMapped,
    large: folio.largeMapcount,
    pincount: folio.pincount,
    mmid0: folio.mmId0,
    mmid1: folio.mmId1,
    mmcount0: folio.mmId0Mapcount,
    mmcount1: folio.mmId1Mapcount,
    shared: folio.maybeMappedShared,
    double: folio.doubleMap,
    partial: folio.partiallyMapped,
  };
}

function fields(values: Readonly<Record<string, number | boolean | string | undefined>>): string {
  return Object.entries(values)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${typeof value === "boolean" ? Number(value) : value}`)
    .join(" ");
}

function hex(address: number): string {
  return `0x${address.toString(16)}`;
}
