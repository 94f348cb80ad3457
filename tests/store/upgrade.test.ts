import { readdirSync, readFileSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, rm, stat, utimes } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { Cursor, RoomName } from "../../bridge/model/ids.ts";
import type { Source, SourceSignal } from "../../bridge/model/source.ts";
import { ready } from "../../bridge/seal/sodium.ts";
import { openDatabase } from "../../bridge/store/db.ts";
import { migrations } from "../../bridge/store/migrations.ts";
import { createVault } from "../../bridge/vault/vault.ts";
import {
  core,
  edited,
  items,
  mapping,
  media,
  open,
  post,
  posted,
  SOURCE,
  soon,
  start,
  T,
  texts,
} from "../core.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";

const fixtures = path.join(import.meta.dirname, "../fixtures/store");
const key = Buffer.from(readFileSync(path.join(fixtures, "vault.key"), "utf8").trim(), "hex");
const released = readdirSync(fixtures).flatMap((name) => {
  const version = /^v(\d+)\.db$/.exec(name)?.[1];
  return version === undefined ? [] : [Number(version)];
});
const [SENT, WAITING, REFUSING] = [
  RoomName.parse("sent"),
  RoomName.parse("waiting"),
  RoomName.parse("refusing"),
];

/** The database of a released schema in a data folder of its own. */
async function databaseOf(version: number) {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-upgrade-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = path.join(folder, "postern.db");
  await copyFile(path.join(fixtures, `v${version}.db`), file);
  const vault = createVault(await ready(), key);
  return { folder, file, vault };
}

type Place = Awaited<ReturnType<typeof databaseOf>>;

/** Opens it under a schema and lets it go again. */
function opened(at: Place, schema: readonly string[] = migrations): string {
  const result = openDatabase(at.file, at.vault, schema);
  if (!result.ok) return result.problem.code;
  result.db.close();
  return "ok";
}

/** The names and definitions of all tables and indices, and the schema's number. */
function shape(file: string): unknown {
  const db = new Database(file, { readonly: true });
  const tables = db.prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name").all();
  const version = db.pragma("user_version", { simple: true });
  db.close();
  return { version, tables };
}

const copiesOf = async (at: Place): Promise<readonly string[]> =>
  (await readdir(path.join(at.folder, "state"))).toSorted();

test.each(released)("the migrations of released schemas stand as they were: version %i", async (version) => {
  const at = await databaseOf(version);
  const fresh = path.join(at.folder, "fresh.db");
  const made = openDatabase(fresh, at.vault, migrations.slice(0, version));
  if (!made.ok) throw new Error(made.problem.code);
  made.db.close();
  expect(shape(fresh)).toEqual(shape(at.file));
});

test.each(released)(
  "a database of version %i is brought up to date, reads right and goes on",
  async (version) => {
    const at = await databaseOf(version);
    const rooms = [SENT, WAITING, REFUSING];
    const clock = new HandClock(T + 3 * 3_600_000);
    const asked: (string | null)[] = [];
    const source: Source = {
      name: SOURCE,
      async *events(cursor, signal): AsyncIterable<SourceSignal> {
        asked.push(cursor);
        const again = posted(post(1, "Экзамен 14 июня, аудитория 214."));
        const events = [
          again,
          edited(2, "Расписание в файле, уточнено.", 9e6, { attachments: [media("plan")] }),
          posted(post(4, "Новый пост.")),
        ];
        yield { kind: "batch", events, cursor: Cursor.parse("after-four"), readAt: clock.now() };
        await clock.sleep(1e9, signal);
      },
      media: async () => open(new TextEncoder().encode("план")),
      gone: async () => "unknown",
      check: async () => [],
    };
    const c = await core({
      folder: at.folder,
      vaultKey: key,
      rooms,
      mappings: [mapping({ rooms })],
      clock,
    });
    expect(shape(at.file)).toMatchObject({ version: migrations.length });
    expect(c.bridge.store.sources.cursor(SOURCE)).toBe("after-three");
    const dead = await c.bridge.letters.list();
    expect(dead.map((letter) => [letter.room, letter.code])).toEqual(dead.map(() => [REFUSING, "too_large"]));
    expect(dead.length).toBeGreaterThan(0);
    expect(texts(c, SENT)[0]).toBe("Экзамен 14 июня, аудитория 214.");

    const runtime = start(c, {}, [], { sources: [source] });
    onTestFinished(() => runtime.stop());
    const all = ["Экзамен 14 июня, аудитория 214.", "Расписание в файле, уточнено.", "Новый пост."];
    await soon(() => {
      const own = (room: RoomName) => items(c, room).filter((item) => item.reply === undefined);
      expect(own(SENT).map((item) => item.text)).toEqual(all);
      expect(own(WAITING).map((item) => item.text)).toEqual(all);
      expect(own(SENT)[1]?.files).toHaveLength(1);
    });
    expect(asked).toEqual(["after-three"]);
  },
);

const older = released.filter((version) => version < migrations.length);

test("the newest schema is frozen too: whoever changes a migration that bridges run on sees it", () => {
  expect(Math.max(...released)).toBe(migrations.length);
});

test.each(older)("before version %i is changed it is copied, for its owner alone", async (version) => {
  const at = await databaseOf(version);
  const before = shape(at.file);
  await chmod(at.file, 0o644);
  expect(opened(at)).toBe("ok");
  const copy = path.join(at.folder, "state", `before-upgrade-v${version}.db`);
  expect(shape(copy)).toEqual(before);
  expect((await stat(copy)).mode & 0o777).toBe(0o600);
  expect((await stat(at.file)).mode & 0o777).toBe(0o600);
  // The version before can go on with it.
  await copyFile(copy, at.file);
  expect(opened(at, migrations.slice(0, version))).toBe("ok");
});

test("the newest two copies are kept, and the nightly step removes them when they are a day old", async () => {
  const at = await databaseOf(1);
  const schemas = [1, 2, 3, 4].map((n) => [
    ...migrations,
    ...Array.from({ length: n }, (_, i) => `CREATE TABLE later_${i} (a INTEGER) STRICT;`),
  ]);
  for (const schema of schemas) expect(opened(at, schema)).toBe("ok");
  const newest = migrations.length + 3;
  const names = [`before-upgrade-v${newest - 1}.db`, `before-upgrade-v${newest}.db`];
  expect(await copiesOf(at)).toEqual(names);

  const c = await core();
  const state = path.join(c.folder, "state");
  const old = path.join(state, "before-upgrade-v1.db");
  const young = path.join(state, "before-upgrade-v2.db");
  for (const file of [old, young]) {
    await mkdir(state, { recursive: true });
    await copyFile(at.file, file);
  }
  const now = c.clock.now();
  await utimes(old, new Date(now - 24 * 3_600_000), new Date(now - 24 * 3_600_000));
  await utimes(young, new Date(now - 23 * 3_600_000), new Date(now - 23 * 3_600_000));
  await c.bridge.newDay();
  expect(await readdir(state)).toEqual(["before-upgrade-v2.db"]);
});

test("an upgrade that fails halfway changes nothing, and can be done again", async () => {
  const at = await databaseOf(1);
  const before = shape(at.file);
  const broken = [
    ...migrations,
    "CREATE TABLE half (a INTEGER) STRICT;",
    "INSERT INTO no_such_table VALUES (1);",
  ];
  expect(opened(at, broken)).toBe("upgrade_failed");
  expect(shape(at.file)).toEqual(before);
  expect(opened(at)).toBe("ok");
});

test("where no copy can be made, nothing is changed", async () => {
  const at = await databaseOf(1);
  const before = shape(at.file);
  // A file where the folder for copies should be.
  await copyFile(at.file, path.join(at.folder, "state"));
  expect(opened(at)).toBe("upgrade_failed");
  expect(shape(at.file)).toEqual(before);
});

test("a newer schema, or another key, is refused and nothing is copied", async () => {
  const at = await databaseOf(1);
  expect(opened(at, [...migrations, "CREATE TABLE later (a INTEGER) STRICT;"])).toBe("ok");
  await rm(path.join(at.folder, "state"), { recursive: true });
  expect(opened(at)).toBe("newer_schema");
  const other = { ...(await databaseOf(1)), vault: createVault(await ready(), new Uint8Array(32).fill(9)) };
  expect(opened(other)).toBe("wrong_key");
  for (const { folder } of [at, other]) expect(await readdir(folder)).not.toContain("state");
});
