// A log in, the trace out: what the importer's tests share.

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { feed, type ImportOptions, type ImportReport, straceImport } from "../../server/src/run/import/strace.ts";

export interface Imported {
  /** Header and body. */
  readonly text: string;
  /** The lines of the body, each without its source. */
  readonly lines: readonly string[];
  readonly report: ImportReport;
  readonly error: string | undefined;
}

/** Imports the text of one log; nothing is touched unless the options ask for it. */
export function imported(log: string, options: Partial<ImportOptions> = {}): Imported {
  const run = straceImport({ files: ["log"], touch: "none", ...options });
  for (const line of lines(log)) run.line(line);
  return result(run.end());
}

/** Imports several logs, and perf's faults, merged by time. */
export async function merged(
  logs: readonly { text: string; pid?: number }[],
  faults?: string,
  options: Partial<ImportOptions> = {},
): Promise<Imported> {
  const run = straceImport({
    files: logs.map((_, i) => `log${i}`),
    ...(faults === undefined ? {} : { faults: "faults" }),
    touch: "none",
    ...options,
  });
  const sources = logs.map((log) => ({ lines: [lines(log.text)], pid: log.pid ?? 0 }));
  await feed(run, sources, faults === undefined ? undefined : [lines(faults)]);
  return result(run.end());
}

function result(end: ReturnType<ReturnType<typeof straceImport>["end"]>): Imported {
  const body = end.body.join("");
  return {
    text: end.header + body,
    lines: lines(body)
      .filter((line) => line !== "")
      .map((line) => line.replace(/ {2,}# \S+:\d+( .*)?$/, "").replace(/ +->/, " ->")),
    report: end.report,
    error: end.error,
  };
}

/** The lines of a text; a newline at its end makes no empty last one. */
export function lines(text: string): string[] {
  const all = text.split("\n");
  if (all.at(-1) === "") all.pop();
  return all;
}

/** A log of test/data, unpacked. */
export function data(path: string): string {
  const bytes = readFileSync(new URL(`../data/${path}`, import.meta.url));
  return (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
}

/** Seconds of processor time that a piece of work takes, so that a busy machine does not make it look slow. */
export function seconds(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
