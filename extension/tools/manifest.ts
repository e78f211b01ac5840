// The parts of package.json that repeat the tables of the kernel model: models, and settings of the machine.
// `npx tsx extension/tools/manifest.ts` writes them; a test says when they are stale.

import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { MACHINE_KEYS, type SettingKind } from "../../server/src/mm/machine.ts";
import { DEFAULT_MODEL, MODELS } from "../../server/src/mm/models.ts";

const path = join(dirname(dirname(dirname(fileURLToPath(import.meta.url)))), "package.json");

// package.json as it should be, given as it is.
export function manifest(text: string): string {
  const manifest = JSON.parse(text);
  const { contributes } = manifest;
  const models = [...MODELS.keys()];
  const launch = contributes.debuggers[0].configurationAttributes.launch.properties;
  launch.model.anyOf[0].enum = models;
  launch.model.default = DEFAULT_MODEL;
  contributes.configuration.properties["mmtrace.defaultModel"].enum = ["", ...models];
  launch.machine.properties = Object.fromEntries(
    MACHINE_KEYS.filter(({ simulated }) => simulated).map(({ key, value, doc }) => [
      key,
      { ...schema(value), markdownDescription: doc },
    ]),
  );
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}

// A size may be written as in a trace: "64K".
function schema(value: SettingKind): Record<string, unknown> {
  const size = "^(0[xX][0-9A-Fa-f]+|[0-9]+)[KMGT]?$";
  switch (value.kind) {
    case "size":
      return { type: ["integer", "string"], minimum: value.min, maximum: value.max, pattern: size };
    case "number":
      return { type: "integer", minimum: value.min, maximum: value.max };
    case "word":
      return { type: "string", enum: value.words };
    case "switch":
      return { type: "string", enum: ["off", "on"] };
    case "sizes":
      return { type: "string", pattern: "^[0-9]+[KMGT]?([|][0-9]+[KMGT]?)*$" };
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(path, manifest(readFileSync(path, "utf8")));
}
