// The index of the samples: what each one shows, in the words of its own first lines.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { PROPOSALS, RELEASES } from "../src/mm/releases.ts";

const CHAPTERS: Readonly<Record<string, string>> = {
  "01-faults": "Page faults",
  "02-fork": "fork and copy-on-write",
  "03-gup": "References and pins",
  "04-reclaim": "The LRU, reclaim and swap",
  "05-migration": "Migration",
  "06-ksm": "KSM",
  "07-page-cache": "The page cache",
  "08-mappings": "Mappings",
  "10-large-folios": "Large folios: huge pages and every way of counting their mappings",
  "11-proposals": "What was proposed and never merged",
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
    const files = inside(chapter)
      .sort()
      .map((file) => ({ path: `${chapter}/${file}`, text: readFileSync(join(folder, chapter, file), "utf8") }));
    const rows = files.map((file) => row(file.path, file.text) + others(file, files));
    return `## ${CHAPTERS[chapter] ?? chapter}\n\n${rows.join("\n")}\n`;
  });
  return `${HEAD}\n${text.join("\n")}`;
}

const HEAD = `# Samples

A course in chapters. Each trace says in its first lines what it asks, and its checks say what each release answers: run one
under a release with \`mmtrace run FILE --kernel 6.12\`, under all of them with \`mmtrace matrix FILE\`, or step through it.

Where the releases part in what a line comes to, a sample is in several files, each for some of them. What only some
releases can do is in one file, which names them. What was proposed and never merged has models of its own, which its samples name.

This file is generated from the first lines of the traces (server/tools/samples.ts).
`;

interface Sample {
  readonly path: string;
  readonly text: string;
}

// Of a sample of a proposal: the models that it compares. Of one that is not for every release: the releases of this one, and the files of the rest where it is in several.
function others(sample: Sample, files: readonly Sample[]): string {
  const proposed = modelsOf(sample.text).some((model) => model in PROPOSALS);
  if (proposed) return ` *Under ${modelsOf(sample.text).join(", ")}.*`;
  const releases = releasesOf(sample.text);
  if (releases.length === RELEASES.length) return "";
  const begins = (path: string) => path.slice(0, path.indexOf("-", path.indexOf("/") + 1));
  const rest = files.filter(
    ({ path, text }) =>
      path !== sample.path && begins(path) === begins(sample.path) && releasesOf(text).length < RELEASES.length,
  );
  const links = rest.map(({ path }) => `[${path}](${path})`).join(", ");
  return ` *Under ${releases.join(", ")}${links && `; under the others: ${links}`}.*`;
}

function modelsOf(text: string): string[] {
  return /^kernel (.*)$/m.exec(text)?.[1].trim().split(/\s+/) ?? [];
}

function releasesOf(text: string): string[] {
  const named = modelsOf(text);
  return RELEASES.filter((release) => named.includes(release));
}

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
