import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { bugCode } from "../../cli/bug-code.ts";
import { postern } from "../../cli/program.ts";
import { version } from "../../cli/version.ts";
import { fakeIo, place, TOKEN } from "./io.helper.ts";

// A folder without settings: those of the clone, where somebody set it up, would choose the language.
const here = process.cwd();
let elsewhere = "";
beforeAll(async () => {
  elsewhere = await mkdtemp(path.join(tmpdir(), "postern-usage-"));
  process.chdir(elsewhere);
});
afterAll(async () => {
  process.chdir(here);
  await rm(elsewhere, { recursive: true, force: true });
});

/** Runs a command line in English unless told otherwise; not in a folder that has settings. */
async function run(line: string, env: Readonly<Record<string, string>> = {}) {
  const io = fakeIo({ env });
  const code = await postern(line === "" ? [] : line.split(" "), io);
  return { code, out: io.stdout(), err: io.stderr() };
}

test("help lists every command, on stdout, in the language asked for or that of the environment", async () => {
  const english = await run("--help");
  expect(english.code).toBe(0);
  expect(english.err).toBe("");
  for (const command of ["demo", "run", "check", "status", "room"])
    expect(english.out).toMatch(new RegExp(`^  ${command} +\\S`, "m"));
  expect(english.out).toMatch(/^Usage: postern \[options\] command$/m);
  const russian = await run("--help", { LANG: "ru_RU.UTF-8" });
  expect(russian.out).toMatch(/^Как вызвать: postern \[параметры\] команда$/m);
  expect(russian.out).not.toMatch(/Usage|Options|Commands|display/);
  expect((await run("--help --lang ru")).out).toBe(russian.out);
  expect((await run("--lang=ru --help")).out).toBe(russian.out);
  expect((await run("--lang en --help", { LANG: "ru_RU.UTF-8" })).out).toBe(english.out);
});

test("help of a command names its options and those of all commands, in either language", async () => {
  const link = await run("room link --help");
  expect(link.out).toContain("Usage: postern room link [options] <room>");
  for (const option of ["--from-today", "--png <file>", "--config <file>", "--lang <lang>"])
    expect(link.out).toContain(option);
  expect((await run("help room")).out).toContain("init <room>");
  const russian = await run("--lang ru room init --help");
  expect(russian.out).toContain("Что указать:");
  expect(russian.out).toContain("Параметры для всех команд:");
});

test("help speaks the language of the settings, even of broken ones", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-usage-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, "postern.yaml");
  await writeFile(file, "lang: ru\nrooms: [\n");
  expect((await run(`--config ${file} --help`)).out).toContain("Как вызвать:");
  expect((await run(`check --config=${file} --jsn`)).err).toContain("Параметра --jsn нет.");
  expect((await run(`--config ${file} check`)).err).toMatch(/Отступ не совпадает[\s\S]*Ничего не запущено/);
});

test("the version is that of package.json", async () => {
  expect(await run("--version")).toEqual({ code: 0, out: `${version}\n`, err: "" });
  expect(version).toMatch(/^\d+\.\d+\.\d+/);
});

test.each([
  ["chek", 'There is no command "chek". Did you mean check?'],
  ["room lnk faculty", 'There is no command "lnk". Did you mean room link?'],
  ["link faculty", 'There is no command "link". Did you mean room link?'],
  ["zzzzzz", 'There is no command "zzzzzz".'],
  ["status --jsn", "There is no option --jsn. Did you mean --json?"],
  ["status --jsn=1", "There is no option --jsn. Did you mean --json?"],
  ["check --json", "There is no option --json."],
  ["check --confg x", "There is no option --confg. Did you mean --config?"],
  ["-x run", "There is no option -x."],
  ["room link", "An argument is missing: room."],
  ["room link faculty --png", "--png needs a value."],
  ["run --config", "--config needs a value."],
  ["run twice", "Too many arguments."],
  ["check --lang de", "The language (--lang) may be ru or en."],
  ["demo --port 70000", "The port (--port) may be from 0 to 65535."],
  ["demo --port x", "The port (--port) may be from 0 to 65535."],
])("`postern %s` is told what is wrong with it", async (line, said) => {
  expect(await run(line)).toEqual({
    code: 1,
    out: "",
    err: `${said}\nHelp: npm run -s postern -- --help\n`,
  });
  const russian = await run(`${line} --lang ru`.replace("--lang de --lang ru", "--lang de"));
  if (!line.endsWith("--png") && !line.endsWith("--config") && !line.includes("--lang"))
    expect(russian.err).toMatch(/^(?:Команды|Параметра|Не указано|В команде|Порт)[\s\S]*\nСправка: /);
});

test("a command alone, or none, shows help as a mistake", async () => {
  for (const line of ["", "room"]) {
    const { code, out, err } = await run(line);
    expect(code).toBe(1);
    expect(out).toBe("");
    expect(err).toContain("Usage: postern");
  }
});

test("options of all commands stand before or after the command", async () => {
  const { config } = await place();
  const lines = [
    `--config ${config} --lang ru status`,
    `status --config ${config} --lang ru`,
    `--lang=ru status --config=${config}`,
    `room link faculty --config ${config} --lang ru`,
  ];
  const [first, second, third, link] = await Promise.all(lines.map((line) => run(line)));
  expect(first?.out).toContain("Мост не запущен");
  expect(second).toEqual(first);
  expect(third).toEqual(first);
  expect(link?.err).toContain("У комнаты «faculty» ещё нет ключей");
});

test("settings that are missing are told with what to do", async () => {
  const { code, err } = await run("status --config /nowhere/postern.yaml");
  expect(code).toBe(1);
  expect(err).toContain("/nowhere/postern.yaml: There is no such file. Copy postern.example.yaml");
});

test("a bug is told by its kind and place, never by its words", async () => {
  const { config } = await place();
  const io = fakeIo();
  const broken = {
    ...io,
    out: () => {
      throw new TypeError(`${TOKEN}\n    at postern (file:///${TOKEN}/cli/main.ts:1:1)`);
    },
  };
  expect(await postern(["status", "--config", config], broken)).toBe(2);
  expect(io.stderr()).toMatch(
    /^Internal error \(TypeError\)|^Internal error \(TypeError [\w-]+\/[\w./-]+:\d+\)/,
  );
  expect(io.stderr()).not.toContain(TOKEN);
});

test("a code of a bug holds nothing that the error brought along", () => {
  const here = bugCode(new RangeError("tests/secret.ts:5"));
  expect(here).toMatch(/^RangeError tests\/cli\/usage\.test\.ts:\d+$/);
  const named = new Error("x");
  named.name = `${TOKEN} said`;
  expect(bugCode(named)).toMatch(/^Error tests\//);
  expect(bugCode(Object.assign(new Error("x"), { code: "ENOSPC" }))).toMatch(/^Error ENOSPC /);
  expect(bugCode(Object.assign(new Error("x"), { code: TOKEN }))).not.toContain(TOKEN);
  const faked = new Error(`x\n    at f (${import.meta.url.replace("usage.test", TOKEN)}:1:1)`);
  expect(bugCode(faked)).not.toContain(TOKEN);
  for (const odd of [TOKEN, null, { message: TOKEN }]) expect(bugCode(odd)).toBe("unknown");
});

test("asking for help loads none of what the commands work with", async () => {
  vi.resetModules();
  const loaded: string[] = [];
  for (const heavy of [
    "vite",
    "sharp",
    "fastify",
    "better-sqlite3",
    "undici",
    "zod",
    "yaml",
    "@clack/prompts",
  ])
    vi.doMock(heavy, () => {
      loaded.push(heavy);
      return {};
    });
  onTestFinished(() => {
    for (const heavy of [
      "vite",
      "sharp",
      "fastify",
      "better-sqlite3",
      "undici",
      "zod",
      "yaml",
      "@clack/prompts",
    ])
      vi.doUnmock(heavy);
  });
  const fresh = await import("../../cli/program.ts");
  expect(await fresh.postern(["room", "--help"], fakeIo())).toBe(0);
  expect(loaded).toEqual([]);
});
