import { MODELS } from "../../server/src/mm/models.ts";
import { RELEASES } from "../../server/src/mm/releases.ts";
import { Engine } from "./kill.ts";
import { MUTANTS } from "./mutants.ts";
const plain = await Engine.made();
const covered = new Set(MUTANTS.flatMap(({ change }) => ("release" in change ? [change.field] : [])));
for (let i = 1; i < RELEASES.length; i++) {
  const a = MODELS.get(RELEASES[i - 1]) as any, b = MODELS.get(RELEASES[i]) as any;
  for (const field of Object.keys(b)) {
    if (field === "name" || a[field] === b[field] || covered.has(field as never)) continue;
    for (const [release, like] of [[RELEASES[i], RELEASES[i - 1]], [RELEASES[i - 1], RELEASES[i]]] as const) {
      const notice = await plain.caught({ release, field, like } as never);
      console.log(notice?.kind === "fails" ? "caught  " : "SURVIVES", field, release, "like", like, notice?.text ?? "");
    }
  }
}
await plain.end();
