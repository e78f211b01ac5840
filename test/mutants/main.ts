// `npm run mutants`: breaks one rule after the other, and prints which trace notices. Fails when a broken rule goes
// unnoticed or a mutant's text is no longer in the code. Words pick mutants by their rule, section or file.

import { caughtBy, Engine } from "./kill.ts";
import { MUTANTS } from "./mutants.ts";

// Only a check that fails catches a mutant. One that merely throws, or goes on for ever, was met by chance.
const WORDS = { fails: "caught", crashes: "CRASHES", "does not end": "ENDLESS" } as const;

const words = process.argv.slice(2);
const chosen = MUTANTS.filter((mutant) => words.every((word) => JSON.stringify(mutant).includes(word)));
const plain = await Engine.made();
let uncaught = 0;
try {
  const already = await plain.caught();
  if (already) throw new Error(`the traces do not hold without a mutant: ${already.text}`);
  for (const mutant of chosen) {
    const { change, section, rule } = mutant;
    const said = await caughtBy(mutant, plain).then(
      (notice) => ({ word: notice ? WORDS[notice.kind] : "SURVIVES", text: notice?.text }),
      (error: Error) => ({ word: "BROKEN", text: error.message }),
    );
    if (said.word !== WORDS.fails) uncaught++;
    const where = "release" in change ? `${change.field} of ${change.release}` : change.file;
    console.log(`${said.word.padEnd(8)}  §${section.padEnd(4)} ${rule} (${where})`);
    if (said.text !== undefined) console.log(`                ${said.text}`);
  }
} finally {
  await plain.end();
}
console.log(`${chosen.length} mutants, ${chosen.length - uncaught} caught, ${uncaught} not`);
process.exitCode = uncaught > 0 ? 1 : 0;
