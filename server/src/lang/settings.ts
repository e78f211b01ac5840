// The values of `machine` settings: whether a written one can be used. The table of settings is mm/machine.ts.

import { DEFAULT_MACHINE, is_followed, MACHINE_KEYS, type MachineSetting as SettingSpec } from "../mm/machine.ts";
import { listed, nearest } from "./nearest.ts";
import { formatSize, parseNumber } from "./number.ts";
import type { LineProblem } from "./problem.ts";
import type { SettingNode } from "./tree.ts";

// Why the setting cannot be used, or undefined when it can.
export function settingProblem(setting: SettingNode): LineProblem | undefined {
  const { key, value } = setting;
  const spec = MACHINE_KEYS.find((candidate) => candidate.key === key.text);
  if (spec === undefined) {
    const near = nearest(
      key.text,
      MACHINE_KEYS.map((candidate) => candidate.key),
    );
    return {
      start: key.start,
      end: key.end,
      code: "unknown-setting",
      severity: "error",
      message: `the machine has no setting \`${key.text}\`${near === undefined ? "" : `; did you mean \`${near}\`?`}`,
      fixes: near === undefined ? [] : [{ start: key.start, end: key.end, title: `Change to \`${near}\``, text: near }],
    };
  }
  if (value === undefined) return undefined;
  const wrong = valueProblem(spec, value.text);
  if (wrong !== undefined) {
    const near = spec.value.kind === "word" ? nearest(value.text, spec.value.words) : undefined;
    return {
      start: value.start,
      end: value.end,
      code: "bad-setting",
      severity: "error",
      message: `\`${key.text}\` ${wrong}`,
      fixes:
        near === undefined ? [] : [{ start: value.start, end: value.end, title: `Change to \`${near}\``, text: near }],
    };
  }
  if (is_followed(spec, value.text) || isDefault(spec, value.text)) return undefined;
  return {
    start: setting.start,
    end: setting.end,
    code: "setting-not-simulated",
    severity: "error",
    message: `\`${key.text}=${value.text}\` is not simulated yet; so far it is ${followedText(spec)}`,
  };
}

function valueProblem(spec: SettingSpec, text: string): string | undefined {
  const kind = spec.value;
  switch (kind.kind) {
    case "word":
      return kind.words.includes(text) ? undefined : `is one of ${listed(kind.words, "or")}`;
    case "switch":
      return text === "on" || text === "off" ? undefined : "is `on` or `off`";
    case "sizes":
      return text.split("|").every((size) => isPowerOfTwo(parseNumber(size)))
        ? undefined
        : "is sizes joined by `|`, each a power of two: `64K|128K`";
    case "size":
    case "number": {
      const value = parseNumber(text);
      if (typeof value === "string") return `is ${kind.kind === "size" ? "a size: `1G`" : "a number"}`;
      const shown = (bound: number): string => (kind.kind === "size" ? formatSize(BigInt(bound)) : String(bound));
      const fits = value >= BigInt(kind.min) && value <= BigInt(kind.max);
      return fits ? undefined : `is between ${shown(kind.min)} and ${shown(kind.max)}`;
    }
  }
}

function isPowerOfTwo(value: ReturnType<typeof parseNumber>): boolean {
  return typeof value === "bigint" && value > 0n && (value & (value - 1n)) === 0n;
}

// The values that may be written: a setting with idle ones has words.
function followedText(spec: SettingSpec): string {
  const idle = typeof spec.idle === "object" ? spec.idle : [];
  return listed([defaultText(spec), ...idle], "or");
}

function isDefault(spec: SettingSpec, text: string): boolean {
  const value = DEFAULT_MACHINE[spec.key];
  if (typeof value === "number") return parseNumber(text) === BigInt(value);
  if (typeof value === "boolean") return text === (value ? "on" : "off");
  return text === value;
}

// The default as the language writes it; empty where there is none to write.
export function defaultText(spec: SettingSpec): string {
  const value = DEFAULT_MACHINE[spec.key];
  if (typeof value === "number") return spec.value.kind === "size" ? formatSize(BigInt(value)) : String(value);
  if (typeof value === "boolean") return value ? "on" : "off";
  return typeof value === "string" ? value : "none";
}
