import { parseArgs } from "node:util";
import { core, planted, simulations } from "./core.ts";
import { fuzzing } from "./fuzz.ts";
import { matrix } from "./matrix.ts";
import { matrixStore } from "./matrix-store.ts";
import type { Check, Part } from "./part.ts";
import { storm } from "./storm.ts";
import { telegram } from "./telegram.ts";

/** The long tests, in parts: `npm run soak [-- PART…]`. Without a part: all of them, one after another. */
const parts: Readonly<Record<string, Part>> = {
  core,
  fuzz: fuzzing,
  matrix,
  "matrix-store": matrixStore,
  telegram,
};
/** Pieces of a part that can be asked for alone, with a seed of their own. */
const pieces: Readonly<Record<string, Part>> = { simulation: simulations, mutants: planted, storm };
const all = { ...parts, ...pieces };

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seed: { type: "string" },
    percent: { type: "string", default: "100" },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  say(`npm run soak -- [PART…] [--seed N] [--percent N]
Parts: ${Object.keys(parts).join(", ")} (all of them when none is named).
Pieces of parts: ${Object.keys(pieces).join(", ")}.
--seed     one run of a failing seed, told and shrunk
--percent  so much of the full counts`);
  process.exit(0);
}
const names = positionals.length === 0 ? Object.keys(parts) : positionals;
const unknown = names.filter((name) => !(name in all));
if (unknown.length > 0) {
  say(`There is no part ${unknown.join(", ")}. The parts are: ${Object.keys(all).join(", ")}.`);
  process.exit(1);
}

const checks: Check[] = [];
for (const name of names) {
  say(`\n== ${name}`);
  const from = performance.now();
  const done = await all[name]?.({
    seed: values.seed === undefined ? null : Number(values.seed),
    percent: Number(values.percent),
    say,
  });
  for (const check of done ?? []) say(`${check.ok ? "ok    " : "FAILED"} ${check.name}`);
  checks.push(...(done ?? []));
  say(`== ${name}: ${Math.round((performance.now() - from) / 1000)} s`);
}
const failed = checks.filter((check) => !check.ok).length;
say(`\n${checks.length - failed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
