// The kernels that a trace can run on, and where Debian's archive carries them.

import { nearest } from "../../lang/nearest.ts";
import { UsageError } from "../command.ts";

export const RELEASES = ["5.10", "6.1", "6.12", "6.18", "7.2"] as const;

export type Release = (typeof RELEASES)[number];

// The suite that carries each; backports and sid carry several series side by side and drop the older ones in time.
export const SUITES: Readonly<Record<Release, readonly string[]>> = {
  "5.10": ["bullseye"],
  "6.1": ["bookworm"],
  "6.12": ["trixie"],
  "6.18": ["trixie-backports"],
  "7.2": ["sid", "trixie-backports"],
};

// What fetching one downloads, roughly: its packages when this was written, in megabytes. The archive's lists come on top.
export const DOWNLOAD_MEGABYTES: Readonly<Record<Release, number>> = {
  "5.10": 21,
  "6.1": 26,
  "6.12": 34,
  "6.18": 49,
  "7.2": 37,
};

export function isRelease(text: string): text is Release {
  return (RELEASES as readonly string[]).includes(text);
}

// The releases that a person named, each once and in the order of their age; all when none is named.
export function releasesOf(words: readonly string[]): Release[] {
  for (const word of words) {
    if (word === "all" || isRelease(word)) continue;
    const near = nearest(word, [...RELEASES]);
    const hint = near ? `did you mean '${near}'?` : `there are ${RELEASES.join(", ")} and 'all'`;
    throw new UsageError(`no kernel '${word}'; ${hint}`);
  }
  if (words.length === 0 || words.includes("all")) return [...RELEASES];
  return RELEASES.filter((release) => words.includes(release));
}
