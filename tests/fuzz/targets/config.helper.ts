import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parse, stringify } from "yaml";
import { readYaml } from "../../../config/document.ts";
import { loadConfig } from "../../../config/load.ts";
import { describe } from "../../../config/texts.ts";
import { mutateBytes, mutateText } from "../bytes.helper.ts";
import type { Dice } from "../dice.helper.ts";
import { mutateJson, spelled } from "../json.helper.ts";
import { hold, type Target } from "../target.helper.ts";

const example = readFileSync(new URL("../../../postern.example.yaml", import.meta.url), "utf8");
const small = `version: 1
lang: ru
data: ./data
sources:
  faculty: { type: max-bot, token_file: ./token, ca_file: ./ca.pem }
rooms:
  faculty: { type: sealed, title: Расписание, history: 14 }
mappings:
  - source: faculty
    channel: -70801090403050
    rooms: [faculty]
    include: ["#экзамен", { pattern: "ауд\\\\. \\\\d+" }]
    timezone: Europe/Moscow
    backfill: since 2026-09-01
feed:
  listen: 127.0.0.1:8080
  origins: [https://feed.example.org/faculty]
`;
/** What is longer is cut, bytes: a file of a thousand mappings has a quarter of it. */
const LARGEST = 2 ** 19;
const corpus = [example, small];
const trees: readonly unknown[] = corpus.map((text) => parse(text));

const odd = (dice: Dice): string =>
  dice.pick([
    "\t- x",
    "  - &a [*a, *a]",
    "a: &x {b: *x}",
    "!!js/function 'x'",
    "<<: *nothing",
    "%YAML 9.9",
    "---",
    "...",
    `${"[".repeat(dice.once(10) ? 20_000 : 300)}`,
    `${"- ".repeat(dice.once(10) ? 20_000 : 300)}x`,
    `${"? ".repeat(3_000)}x`,
    `k: ${"{a: ".repeat(3_000)}`,
    "? [complex, key] : value",
    "__proto__: { data: x }",
    "constructor: 1",
    "key: !!binary '===='",
    "key: 2026-11-02T00:00:00Z",
    "key: |+9\n text",
    "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]",
    `"${"x".repeat(100_000)}": 1`,
  ]);

/** A file whose lines were moved, doubled, indented or exchanged. */
function shuffled(dice: Dice, text: string): string {
  const lines = text.split("\n");
  for (let n = dice.below(3); n >= 0; n--) {
    const at = dice.below(lines.length);
    const line = lines[at] ?? "";
    switch (dice.below(5)) {
      case 0:
        lines.splice(at, dice.below(4));
        break;
      case 1:
        lines.splice(at, 0, line);
        break;
      case 2:
        lines[at] = " ".repeat(dice.below(9)) + line.trimStart();
        break;
      case 3:
        lines.splice(at, 0, odd(dice));
        break;
      default:
        lines[at] = mutateText(dice, line);
    }
  }
  return lines.join("\n");
}

/** A configuration as somebody may write it: read, checked, and every mistake put into words. */
export function config(): Target {
  const folder = mkdtempSync(path.join(tmpdir(), "postern-fuzz-"));
  writeFileSync(path.join(folder, "token"), "token-of-the-bot\n", { mode: 0o600 });
  const file = path.join(folder, "postern.yaml");
  return {
    input(dice) {
      const kind = dice.below(3);
      if (kind === 0) return new Uint8Array(Buffer.from(shuffled(dice, dice.pick(corpus))));
      if (kind === 1) return mutateBytes(dice, new Uint8Array(Buffer.from(small)));
      const text = stringify(mutateJson(dice, dice.pick(trees)));
      return new Uint8Array(
        Buffer.from(
          spelled(text.replaceAll(/^(.*?)(#(?:raw|deep):[^#]*#)/gm, '$1"$2"').replaceAll('""', '"')),
        ),
      );
    },
    async run(whole) {
      const bytes = whole.subarray(0, LARGEST);
      writeFileSync(file, bytes, { mode: 0o600 });
      const text = Buffer.from(bytes).toString();
      const parsed = readYaml(text, "postern.yaml");
      const loaded = await loadConfig({ file, env: { POSTERN_FACULTY_TOKEN: "t", POSTERN_VAULT_KEY: "00" } });
      const findings = loaded.ok ? loaded.warnings : [...loaded.errors, ...loaded.warnings];
      hold(loaded.ok || loaded.errors.length > 0, "what is refused is told");
      for (const finding of findings.slice(0, 200))
        for (const lang of ["ru", "en"] as const) {
          const said = describe(finding, lang);
          hold(
            said.length > 10 && !said.includes("undefined"),
            `a mistake is put into words: ${said.slice(0, 200)}`,
          );
        }
      return loaded.ok ? "taken" : parsed.ok ? "refused" : "no YAML";
    },
    async close() {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
