// `npm run mutants`: breaks one rule after the other, and prints which trace notices. Fails when a broken rule goes
// unnoticed or a mutant's text is no longer in the code. Words pick mutants by their rule, section or file; `new` those of which
// it is not recorded yet who notices. With UPDATE=1 what noticed is kept in test/golden/mutants.json, of which server/RULES.md is made.

import { candidates, caughtBy, coverage } from "./kill.ts";
import { MUTANTS } from "./mutants.ts";
import { readNoticed, writeNoticed } from "./noticed.ts";

// Only a check that fails catches a mutant. One that merely throws, or goes on for ever, was met by chance.
const WORDS = { fails: "caught", crashes: "CRASHES", "does not end": "ENDLESS" } as const;

const noticed = readNoticed();
const words = process.argv.slice(2);
const chosen = MUTANTS.filter((mutant) =>
  words.every((word) => (word === "new" ? !noticed.has(mutant.rule) : JSON.stringify(mutant).includes(word))),
);
const covered = await coverage();
let uncaught = 0;
for (const mutant of chosen) {
  const { change, section, rule } = mutant;
  const said = await caughtBy(mutant, candidates(covered, mutant)).then(
    (notice) => ({ word: notice ? WORDS[notice.kind] : "SURVIVES", text: notice?.text, run: notice?.run }),
    (error: Error) => ({ word: "BROKEN", text: error.message, run: undefined }),
  );
  if (said.word === WORDS.fails && said.run !== undefined) noticed.set(rule, said.run);
  else uncaught++;
  if (process.env.UPDATE) writeNoticed(noticed);
  const where = "release" in change ? `${change.field} of ${change.release}` : change.file;
  console.log(`${said.word.padEnd(8)}  §${section.padEnd(4)} ${rule} (${where})`);
  if (said.text !== undefined) console.log(`                ${said.text}`);
}
console.log(`${chosen.length} mutants, ${chosen.length - uncaught} caught, ${uncaught} not`);
process.exitCode = uncaught > 0 ? 1 : 0;
