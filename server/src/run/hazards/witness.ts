// A sequence that comes to a hazard, as a trace that a person can read and step through: what the memory is, the
// operations, and at the end checks that show the breach and hold under its models.

import { formatText } from "../../lang/format.ts";
import type { Errno } from "../../mm/abi.ts";
import { page_folio } from "../../mm/folio.ts";
import type { Model } from "../../mm/model.ts";
import { pageAt } from "../../mm/observe.ts";
import { free_pages } from "../../mm/page_alloc.ts";
import type { ModelName } from "../../mm/releases.ts";
import { deferred_split_scan } from "../../mm/syscalls.ts";
import type { Act } from "./act.ts";
import { Fingerprint } from "./fingerprint.ts";
import { HAZARDS, type HazardName, keptParts } from "./hazard.ts";
import type { Scene } from "./scene.ts";
import { CHILD, device, MAIN, reader, type Stage, space, stageOf, TEXTS } from "./stage.ts";

// The lines that the sequence's operations become; the names of references and of the child count from the second on.
interface Told {
  readonly lines: string[];
  readonly device: string;
  readonly reader: string;
}

// The trace for the models that share the sequence; the first decides what numbers its checks name.
export function witness(
  hazard: HazardName,
  scene: Scene,
  acts: readonly Act[],
  models: readonly [Model, ...Model[]],
): string {
  const stage = stageOf(models[0], scene);
  const errnos = acts.map((act) => act.perform(stage));
  const { lines, ...names } = told(acts, errnos);
  if (hazard === "copy") lines[lines.length - 1] += " -> cow";
  const { doc } = HAZARDS.find(({ name }) => name === hazard) ?? HAZARDS[0];
  const shown = models.map(({ name }) => name);
  return formatText(
    [
      ...comment(doc),
      "#",
      ...comment(
        `A shortest sequence that comes to this with ${scene.title}, of all that \`mmtrace hazards\` tried under ${listed(shown)}.`,
      ),
      `kernel ${shown.join(" ")}`,
      ...machineLine(scene),
      "",
      `p = mmap(${scene.length})`,
      `write(p, "${TEXTS.before}")`,
      ...lines,
      "",
      ...breach(hazard, stage, names),
      "",
    ].join("\n"),
  );
}

// What shows that it came to pass.
function breach(hazard: HazardName, stage: Stage, names: Omit<Told, "lines">): string[] {
  const { k } = stage;
  const who = (pin: number) => (k.w.pin.owner.data[pin] - 1 === CHILD ? "child, " : "");
  switch (hazard) {
    case "copy":
      return ["# Nobody else maps the page that was copied, or has it in swap, and no reference holds it."];
    case "keep":
    case "keep-part": {
      if (hazard === "keep-part") deferred_split_scan(k, Number.POSITIVE_INFINITY);
      const print = new Fingerprint(stage);
      print.take();
      const frames = hazard === "keep" ? print.unreached.length : keptParts(stage, print);
      const free = free_pages(k);
      return [
        ...(hazard === "keep-part" ? ["deferred_split_scan()"] : []),
        `expect machine.free == ${free}  # ${free + frames} without what nobody can reach`,
      ];
    }
    case "overflow":
    case "overflow-huge":
      return [overflowing(stage)];
    case "freed":
    case "freed-huge":
      return ["expect page(p).refcount == 0 && !page(p).anon  # free, while the process maps it"];
    case "leak-get":
    case "leak-pin": {
      const pin = reader(stage);
      const writer = k.w.pin.owner.data[pin] - 1 === CHILD ? TEXTS.main : TEXTS.child;
      return [`expect ${names.reader}.data == "${writer}"`];
    }
    default:
      return [
        "# The device writes, and the process does not see it.",
        `dma_write(${names.device}, "${TEXTS.device}")`,
        `expect ${names.device}.data == "${TEXTS.device}"`,
        `expect data(${who(device(stage))}p) != "${TEXTS.device}"`,
      ];
  }
}

// The page that has more references than its counter says: the first of the memory, or of a huge page of which the first
// has been copied, the next.
function overflowing(stage: Stage): string {
  const { k, scene, vpn } = stage;
  const head = (at: number) => page_folio(k, pageAt(k, space(stage, MAIN), vpn + at));
  const at = scene.pages > 1 && k.w.page.folio.data[head(0)] === 0 ? 1 : 0;
  const count = k.w.page._refcount.data[head(at)];
  return `expect page(${at === 0 ? "p" : "p[1]"}).refcount == ${count}  # as the counter says; there are more than 127`;
}

function told(acts: readonly Act[], errnos: readonly (Errno | undefined)[]): Told {
  const counts = { child: 0, device: 0, reader: 0, other: 0, pipe: 0 };
  const nth = (name: keyof typeof counts) => (counts[name] < 2 ? name : `${name}${counts[name]}`);
  const lines = acts.flatMap((act, i) => {
    // Within a repeat a name is bound again and again.
    if (act.result !== undefined && act.rounds === undefined) counts[act.result]++;
    const name = act.result === undefined ? "" : `${nth(act.result)} = `;
    const text = act.releases === undefined ? act.text : `release(${nth(act.releases)})`;
    const errno = errnos[i] === undefined ? "" : ` -> ${errnos[i]}`;
    const line = `${processOf(act)}${name}${text}${errno}`;
    return act.rounds === undefined ? [line] : [`repeat ${act.rounds}`, `  ${line}`, "end"];
  });
  return { lines, device: nth("device"), reader: nth("reader") };
}

// An act by the words that no other of its scene has.
export function nameOf(act: Act): string {
  const name = act.result === undefined ? "" : `${act.result} = `;
  return `${act.rounds === undefined ? "" : `${act.rounds} × `}${processOf(act)}${name}${act.text}`;
}

function processOf({ who }: Act): string {
  return who === CHILD ? "child: " : "";
}

function machineLine({ machine }: Scene): string[] {
  const settings = Object.entries(machine).map(([key, value]) => `${key}=${value}`);
  return settings.length === 0 ? [] : [`machine ${settings.join(" ")}`];
}

function listed(models: readonly ModelName[]): string {
  return models.length === 1 ? models[0] : `${models.slice(0, -1).join(", ")} and ${models[models.length - 1]}`;
}

// Lines of at most this width.
const WIDTH = 130;

function comment(text: string): string[] {
  const lines: string[] = [];
  let line = "#";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "#";
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
