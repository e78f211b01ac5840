// The client's settings (section `mmtrace`) as the answers use them. What is absent, null or of the wrong kind is the
// default.

import { DEFAULT_SETTINGS, type Settings } from "../ide/settings.ts";

export function readSettings(section: unknown): Settings {
  const limits = { ...DEFAULT_SETTINGS.limits };
  const events = positive(at(section, "limits", "events"));
  const mebibytes = positive(at(section, "limits", "memory"));
  const seconds = positive(at(section, "limits", "time"));
  const model = at(section, "defaultModel");
  return {
    model: typeof model === "string" && model !== "" ? model : DEFAULT_SETTINGS.model,
    inlayHints: {
      outcome: truth(at(section, "inlayHints", "outcome"), DEFAULT_SETTINGS.inlayHints.outcome),
      counters: truth(at(section, "inlayHints", "counters"), DEFAULT_SETTINGS.inlayHints.counters),
    },
    codeLens: truth(at(section, "codeLens"), DEFAULT_SETTINGS.codeLens),
    checkInvariants: truth(at(section, "checkInvariants"), DEFAULT_SETTINGS.checkInvariants),
    limits: {
      events: events ?? limits.events,
      bytes: mebibytes === undefined ? limits.bytes : mebibytes * 2 ** 20,
      milliseconds: seconds === undefined ? limits.milliseconds : seconds * 1000,
    },
  };
}

function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== "object" || found === null) return undefined;
    found = (found as Readonly<Record<string, unknown>>)[key];
  }
  return found;
}

function truth(value: unknown, otherwise: boolean): boolean {
  return typeof value === "boolean" ? value : otherwise;
}

function positive(value: unknown): number | undefined {
  return typeof value === "number" && value > 0 ? value : undefined;
}
