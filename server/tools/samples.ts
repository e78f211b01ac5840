// The index of the samples: what each one shows, in the words of its own first lines.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CHAPTERS: Readonly<Record<string, string>> = {
  "01-faults": "Page faults",
  "02-fork": "fork and copy-on-write",
  "03-gup": "References and pins",
  "04-reclaim": "The LRU, reclaim and swap",
  "05-migration": "Migration",
  "06-ksm": "KSM",
  "07-page-cache": "The page cache",
  "08-mappings": "Mappings",
  "09-bugs": "Known bugs, each named by its CVE or by the commit that mended it",
};

export function sampleIndex(root: string): string {
  const folder = join(root, "samples");
  const inside = (name: string) => readdirSync(join(folder, name)).filter((file) => file.endsWith(".mmtrace"));
  const chapters = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && /^\d\d-/.test(entry.name))
    .map((entry) => entry.name)
    .sort();
  const text = chapters.map((chapter) => {
    const rows = inside(chapter)
      .sort()
      .map((file) => row(`${chapter}/${file}`, readFileSync(join(folder, chapter, file), "utf8")));
    return `## ${CHAPTERS[chapter] ?? chapter}\n\n${rows.join("\n")}\n`;
  });
  return `${HEAD}\n${text.join("\n")}`;
}

const HEAD = `# Samples

A course in chapters. Each trace says in its first lines what it asks, and its checks say what each release answers: run one
under a release with \`mmtrace run FILE --kernel 6.12\`, under all of them with \`mmtrace matrix FILE\`, or step through it.

This file is generated from the first lines of the traces (server/tools/samples.ts).
`;

// The header comment: its first sentence asks, the rest explains.
function row(path: string, text: string): string {
  const lines = text.split(/\r?\n/);
  const end = lines.findIndex((line) => !line.startsWith("#"));
  const header = lines.slice(0, end < 0 ? lines.length : end).map((line) => line.replace(/^# ?/, ""));
  const blank = header.indexOf("");
  const asks = header.slice(0, blank < 0 ? header.length : blank).join(" ");
  const explains =
    blank < 0
      ? ""
      : header
          .slice(blank + 1)
          .join(" ")
          .trim();
  return `- [${path}](${path}) — **${asks}** ${explains}`.trimEnd();
}
