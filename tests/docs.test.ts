import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const root = path.resolve(import.meta.dirname, "..");
const read = (file: string): string => readFileSync(path.join(root, file), "utf8");
const pages = [
  ...["README.md", "README.ru.md", "CHANGELOG.md", "simulators/max/README.md"],
  ...readdirSync(path.join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
];

/** Blocks of code, as what they are made of; their place in a list is not part of them. */
const blocks = (text: string): readonly string[] =>
  [...text.matchAll(/^( *)```(\w*)\n(.*?)^\1```$/gms)].map(
    ([, indent = "", language = "", code = ""]) =>
      `${language}\n${code.replaceAll(`\n${indent}`, "\n").trim()}`,
  );
const withoutBlocks = (text: string): string => text.replaceAll(/^( *)```\w*\n.*?^\1```$/gms, "");
const headings = (text: string): readonly number[] =>
  [...withoutBlocks(text).matchAll(/^(#{1,6}) /gm)].map((m) => m[1]?.length ?? 0);

const literally = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/** Titles of the tests in a file. A part that is put in when they run may be anything. */
function titles(file: string): readonly RegExp[] {
  const found = read(file).matchAll(/\b(?:test|it)(?:\.\w+(?:\([^)]*\))?)*\(\s*(["`])((?:(?!\1).)*)\1/gs);
  return [...found].map(([, , title = ""]) => {
    const parts = title.replace(/^\$\{\w+\}: /, "").split(/\$\{[^}]*\}/);
    return new RegExp(`^${parts.map(literally).join(".+")}$`, "s");
  });
}

interface Named {
  readonly file: string;
  readonly sentence: string;
}

const named = (text: string): readonly Named[] =>
  [...text.matchAll(/`(tests\/[^`]+)`: "([^"]+)"/g)].map(([, file = "", sentence = ""]) => ({
    file,
    sentence,
  }));

const exists = ({ file, sentence }: Named): boolean =>
  existsSync(path.join(root, file)) && titles(file).some((title) => title.test(sentence));

test("every test that the threat model names exists, and every row names one or says that there is none", () => {
  const text = read("docs/threat-model.md");
  const all = named(text);
  expect(all.filter((one) => !exists(one))).toEqual([]);
  const rows = text.split("\n").filter((line) => line.startsWith("| **"));
  expect(rows.length).toBeGreaterThan(10);
  const bare = rows.filter((row) => {
    const shown = row.split(" | ").at(-1) ?? "";
    return named(shown).length === 0 && !shown.startsWith("No test: ");
  });
  expect(bare).toEqual([]);
  // A name in another form would be looked over.
  expect(all.length).toBe([...text.matchAll(/`tests\//g)].length);
});

test("links between the pages lead to files that exist", () => {
  const lost = pages.flatMap((page) =>
    [...withoutBlocks(read(page)).matchAll(/\]\(([^)\s]+)\)|\bsrc="([^"]+)"/g)]
      .map((m) => m[1] ?? m[2] ?? "")
      .filter((to) => !/^(https?:|mailto:|#)/.test(to))
      .filter((to) => !existsSync(path.join(root, path.dirname(page), to.replace(/#.*$/, ""))))
      .map((to) => `${page} → ${to}`),
  );
  expect(lost).toEqual([]);
});

test("files of the project that the pages name exist", () => {
  const lost = pages.flatMap((page) =>
    [...read(page).matchAll(/`((?:adapters|bridge|cli|config|simulators|tests)\/[\w./-]+)`/g)]
      .map((m) => m[1] ?? "")
      .filter((file) => !existsSync(path.join(root, file)))
      .map((file) => `${page} → ${file}`),
  );
  expect(lost).toEqual([]);
});

test("pages that the program's own texts name exist", () => {
  const texts = ["cli/texts/en.ts", "cli/texts/ru.ts", "cli/run-words.ts", "config/texts-en.ts"]
    .map(read)
    .join();
  const told = [...texts.matchAll(/\bdocs\/[\w-]+\.md\b/g)].map((m) => m[0]);
  expect(told.length).toBeGreaterThan(0);
  expect(told.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
});

/** Runs the command line and gives what it printed. */
const postern = (...args: readonly string[]): string =>
  execFileSync(process.execPath, ["cli/main.ts", ...args], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, LANG: "en_US.UTF-8", LC_ALL: "", LC_MESSAGES: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });

test("every command in the README is one that npm and the program know", () => {
  const text = `${read("README.md")}\n${read("docs/lost-key.md")}\n${read("docs/backup.md")}`;
  const scripts: unknown = JSON.parse(read("package.json")).scripts;
  const known = Object.keys(scripts ?? {});
  const run = [...text.matchAll(/\bnpm (?:(?=ci|test)|run (?:-s )?)([a-z:]+)/g)].map((m) => m[1] ?? "");
  expect(run).toContain("demo");
  expect(run.filter((name) => name !== "ci" && !known.includes(name))).toEqual([]);
  const commands = [...text.matchAll(/npm run -s postern -- ([a-z]+(?: (?:init|link|certify))?)/g)].map(
    (m) => m[1] ?? "",
  );
  for (const command of new Set(commands))
    expect(postern(...command.split(" "), "--help"), command).toContain(`postern ${command}`);
});

test("both READMEs have the same sections, pictures in the same places and the same commands", () => {
  const [en, ru] = [read("README.md"), read("README.ru.md")];
  expect(headings(ru)).toEqual(headings(en));
  expect(blocks(ru)).toEqual(blocks(en));
  expect(blocks(en).length).toBeGreaterThan(5);
  for (const sign of [/^\d+\. /gm, /^\|/gm, /<img /g, /\]\(docs\//g])
    expect([...ru.matchAll(sign)].length, String(sign)).toBe([...en.matchAll(sign)].length);
});

/** What git keeps; null where this is no clone. */
function kept(): readonly string[] | null {
  try {
    return execFileSync("git", ["ls-files", "-z"], { cwd: root, encoding: "utf8", stdio: "pipe" })
      .split("\0")
      .filter((file) => file !== "" && existsSync(path.join(root, file)));
  } catch {
    return null;
  }
}

test("no file of the project names a machine on which it was made", () => {
  const files = kept();
  if (files === null) return console.warn("not a git clone: the files' own words were not looked at");
  // Put together here, so that this file does not hold them.
  const foreign = [["", "wo" + "rk", ""].join("/"), ["", "ro" + "ot", ""].join("/"), `.lib${"rary"}`];
  const found = files.flatMap((file) => {
    const bytes = readFileSync(path.join(root, file));
    if (bytes.includes(0)) return [];
    const text = bytes.toString("utf8");
    return foreign.filter((word) => text.includes(word)).map((word) => `${file}: ${word}`);
  });
  expect(found).toEqual([]);
});

test("the lock file takes packages from npm's own registry", () => {
  const hosts = [...read("package-lock.json").matchAll(/"resolved":\s*"([^"]+)"/g)].map((m) => m[1] ?? "");
  expect(hosts.filter((url) => !url.startsWith("https://registry.npmjs.org/"))).toEqual([]);
});
