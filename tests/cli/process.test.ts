import { spawn } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { place, TOKEN, VAULT_KEY } from "./io.helper.ts";

const root = path.resolve(import.meta.dirname, "../..");

/** Runs the real process to its end. */
function postern(
  args: readonly string[],
  o: { readonly script?: string; readonly node?: readonly string[] } = {},
) {
  const child = spawn(process.execPath, [...(o.node ?? []), o.script ?? "cli/main.ts", ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      LANG: "en_US.UTF-8",
      POSTERN_VAULT_KEY: VAULT_KEY,
      POSTERN_FACULTY_TOKEN: TOKEN,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => {
    out += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  return new Promise<{ code: number | null; out: string; err: string }>((resolve) => {
    child.once("close", (code) => resolve({ code, out, err }));
  });
}

test("a room is made, linked and looked at by the program itself, as npm starts it", async () => {
  const { config } = await place();
  const made = await postern(["room", "init", "faculty", "--config", config, "--print-recovery-code"]);
  expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^(?:[a-z]+ ){23}[a-z]+\n$/) });
  const link = await postern(["--config", config, "room", "link", "faculty"], { script: "cli/start.mjs" });
  expect(link).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^https:\/\/page\.example\.org\/#j\.\S+\n$/),
  });
  const status = await postern(["status", "--json", "--config", config]);
  expect(JSON.parse(status.out)).toMatchObject({ running: false, rooms: [{ keys: true }, { keys: false }] });
  for (const { out, err } of [made, link, status])
    expect(out + err).not.toMatch(new RegExp(`${TOKEN}|${VAULT_KEY}`));
  expect(link.out + link.err).not.toContain(made.out.trim());
});

test("it ends with the code of what came of it, and without a terminal shows no code", async () => {
  const { config } = await place();
  const ends = await Promise.all([
    postern(["--version"]),
    postern(["chek"]),
    postern(["room", "link", "faculty", "--config", config]),
    postern(["room", "init", "faculty", "--config", config]),
  ]);
  expect(ends.map((end) => end.code)).toEqual([0, 1, 2, 1]);
  expect(ends.at(-1)?.out).toBe("");
});

test("a reader that goes away early is no fault", async () => {
  const child = spawn(process.execPath, ["cli/main.ts", "--help"], {
    cwd: root,
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.destroy();
  let err = "";
  child.stderr.on("data", (chunk: Buffer) => {
    err += chunk.toString();
  });
  const code = await new Promise((resolve) => {
    child.once("close", resolve);
  });
  expect(code).toBe(0);
  expect(err).toBe("");
});

test("a log that cannot be opened is told with what to do, and is no bug of the program's", async () => {
  const { config } = await place((base) => `${base}log: { file: ./nowhere/postern.log }\n`);
  for (const [lang, words] of [
    [
      "en",
      /^The log \S+nowhere.postern\.log cannot be opened\. The bridge was not started; .*log\.file\.\n$/,
    ],
    ["ru", /^Журнал \S+nowhere.postern\.log не открывается\. Мост не запущен, .*log\.file\.\n$/],
  ] as const)
    expect(await postern(["--config", config, "--lang", lang, "run"])).toMatchObject({
      code: 2,
      err: expect.stringMatching(words),
    });
});

test("a user without a home starts it too: nothing of the program's is kept, and no place is taken for his", async () => {
  // What Node does for a user that the system does not know, with no HOME.
  const homeless = `import os from "node:os";
import { syncBuiltinESMExports } from "node:module";
os.homedir = () => { throw new Error("ENOENT"); };
syncBuiltinESMExports();
`;
  const { folder } = await place();
  const node = ["--import", `data:text/javascript,${encodeURIComponent(homeless)}`];
  const none = path.join(folder, "none.yaml");
  const started = await postern(["--config", none, "run"], { node, script: "cli/start.mjs" });
  expect(started).toMatchObject({ code: 1, err: expect.stringContaining("There is no such file") });
  const script = path.join(folder, "places.ts");
  const key = JSON.stringify(path.join(root, "bridge/vault/key.ts"));
  await writeFile(script, `import { witnessFile } from ${key};\nconsole.log(witnessFile("/srv/data"));\n`);
  const { out } = await postern([], { node, script });
  expect(path.dirname(out.trim())).toBe(path.resolve("/.config/postern"));
});
