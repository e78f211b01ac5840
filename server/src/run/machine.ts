// The machine that a trace runs on: the `machine` lines over the defaults, and a caller's overrides over both.

import { PIN_BITS } from "../lang/check.ts";
import { parseNumber } from "../lang/number.ts";
import {
  DEFAULT_MACHINE,
  is_followed,
  MACHINE_KEYS,
  type Machine,
  type MachineKey,
  type SettingKind,
} from "../mm/machine.ts";

export type MachineOverrides = Readonly<Partial<Record<MachineKey, string>>>;

type Setting = Machine[MachineKey];

// The checker has refused what cannot be read; a setting that still cannot keeps its default.
export function machineOf(
  settings: readonly { readonly key: string; readonly value: string }[],
  overrides: MachineOverrides = {},
): Machine {
  const machine: Partial<Record<MachineKey, Setting>> = { ...DEFAULT_MACHINE };
  for (const { key, value } of [...settings, ...pairs(overrides)]) {
    const known = MACHINE_KEYS.find((candidate) => candidate.key === key);
    const read = known && readSetting(known.value, value);
    if (known && read !== undefined) machine[known.key] = read;
  }
  return machine as Machine;
}

// Why an override cannot be used, or undefined when all can.
export function overrideProblem(overrides: MachineOverrides): string | undefined {
  for (const { key, value } of pairs(overrides)) {
    const known = MACHINE_KEYS.find((candidate) => candidate.key === key);
    if (!known) return `the machine has no setting '${key}'`;
    const read = readSetting(known.value, value);
    if (read === undefined) return `'${value}' is no value of the machine's ${key}`;
    if (!is_followed(known, value) && !same(read, DEFAULT_MACHINE[known.key]))
      return `${key}=${value} is not simulated yet`;
    // The checker looks at the trace alone.
    if (key === "refcount_bits" && Number(read) < PIN_BITS)
      return `refcount_bits below ${PIN_BITS} is for a trace's own \`machine\` line, against which its pins are checked`;
  }
  return undefined;
}

function pairs(overrides: MachineOverrides): { key: string; value: string }[] {
  return Object.entries(overrides).map(([key, value]) => ({ key, value: String(value) }));
}

function readSetting(kind: SettingKind, text: string): Setting | undefined {
  switch (kind.kind) {
    case "word":
      return kind.words.includes(text) ? (text as Setting) : undefined;
    case "switch":
      return text === "on" ? true : text === "off" ? false : undefined;
    case "size":
    case "number": {
      const number = whole(text);
      return number !== undefined && number >= kind.min && number <= kind.max ? number : undefined;
    }
    case "sizes": {
      const sizes = text.split("|").map(whole);
      return sizes.every((size) => size !== undefined) ? sizes : undefined;
    }
  }
}

function whole(text: string): number | undefined {
  const number = parseNumber(text);
  return typeof number === "bigint" ? Number(number) : undefined;
}

function same(a: Setting, b: Setting): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
