// Links in the text: the place of a kernel source that a comment names, `mm/memory.c`, in the kernel's own tree.

import type { Range } from "../lang/text.ts";
import { baseRelease, type ModelName } from "../mm/releases.ts";
import type { Analysis } from "./analysis.ts";

export interface Link {
  readonly range: Range;
  readonly target: string;
  readonly tooltip: string;
}

const PLACES = /\b(?:mm|fs|kernel|include\/linux|arch\/[a-z0-9]+\/mm|Documentation\/mm)\/[\w./-]+\.(?:c|h|rst)\b/g;

export function links(analysis: Analysis): Link[] {
  const { document, models } = analysis;
  const release = models.length > 0 ? baseRelease(models[0] as ModelName) : undefined;
  const found: Link[] = [];
  for (let line = 0; line < document.lineCount; line++) {
    const text = document.line(line);
    const hash = text.indexOf("#");
    if (hash < 0) continue;
    const comment = document.tree(line).comment;
    if (!comment) continue;
    for (const place of text.slice(comment.start).matchAll(PLACES)) {
      const start = comment.start + place.index;
      const target = `https://elixir.bootlin.com/linux/${release ? `v${release}` : "latest"}/source/${place[0]}`;
      found.push({
        range: { line, start, end: start + place[0].length },
        target,
        tooltip: `${place[0]} of Linux ${release}`,
      });
    }
  }
  return found;
}
