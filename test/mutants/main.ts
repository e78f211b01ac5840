// `npm run mutants`: breaks one rule after the other, and prints which trace notices. Fails when a broken rule goes
// unnoticed or a mutant's text is no longer in the code. Words pick mutants by their rule, section or file.

import { caughtBy, Engine } from "./kill.ts";
import { MUTANTS } from "./mutants.ts";

const words = process.argv.slice(2);
const chosen = MUTANTS.filter((mutant) => words.every((word) => JSON.stringify(mutant).includes(word)));
const plain = await Engine.made();
let survived = 0;
try {
  const already = await plain.caught();
  if (already !== undefined) throw new Error(`the traces do not hold without a mutant: ${already}`);
  for (const mutant of chosen) {
    const caught = await caughtBy(mutant, plain).catch((error: Error) => `! ${error.message}`);
    if (caught === undefined || caught.startsWith("! ")) survived++;
    const change = mutant.change;
    const where = "release" in change ? `${change.field} of ${change.release}` : change.file;
    console.log(
      `${caught === undefined ? "SURVIVES" : "caught  "}  §${mutant.section.padEnd(4)} ${mutant.rule} (${where})`,
    );
    if (caught !== undefined) console.log(`                ${caught}`);
  }
} finally {
  await plain.end();
}
console.log(`${chosen.length} mutants, ${chosen.length - survived} caught, ${survived} not`);
process.exitCode = survived > 0 ? 1 : 0;
