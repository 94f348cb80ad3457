import { readFile } from "node:fs/promises";
import path from "node:path";
import { inspect } from "node:util";
import { expect, test } from "vitest";
import { AccountName, ChannelId, RoomName, SourceName } from "../../bridge/model/ids.ts";
import type { Config } from "../../config/config.ts";
import { exampleYaml, jsonSchema } from "../../config/example.ts";
import type { LoadResult } from "../../config/load.ts";
import { good, place } from "./place.helper.ts";

const root = path.resolve(import.meta.dirname, "../..");
const FACULTY = SourceName.parse("faculty");

function loaded(result: LoadResult): Config {
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.config;
}

test("the example and the schema for editors in the project are those that the schema makes", async () => {
  expect(await readFile(path.join(root, "postern.example.yaml"), "utf8")).toBe(exampleYaml());
  expect(await readFile(path.join(root, "postern.schema.json"), "utf8")).toBe(jsonSchema());
});

test("the example loads as it stands, once its secrets are there", async () => {
  const { write, load } = await place();
  const yaml = exampleYaml();
  expect(yaml).toContain("token_file: ./secrets/faculty.token");
  await write("postern.yaml", yaml.replace("./secrets/faculty.token", "./token"));
  const result = await load();
  expect(loaded(result).sources.get(FACULTY)?.token.reveal()).toBe("token-of-the-bot");
  expect(result.warnings).toEqual([]);
});

test("the example loads with everything in it switched on", async () => {
  const { write, load, said } = await place();
  await write("ca.pem", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n");
  await write("key", "a".repeat(64));
  const on = exampleYaml()
    // As its own first lines say.
    .replaceAll(/^#(?=\S| {2})/gm, "")
    .replace(/^ *token: .*\n/gm, "")
    .replace(/^ *proxy_file: .*\n/gm, "")
    .replace(/^ *webhook_file: .*\n/m, "")
    .replace("./secrets/notices.secret", "./token")
    .replace("./russian-trusted-root.pem", "./ca.pem")
    .replace("./matrix-root.pem", "./ca.pem")
    .replace("./telegram-root.pem", "./ca.pem")
    .replace("api_root: https://api.telegram.org", "api_root: https://bots.example.org")
    .replace("./secrets/telegram.token", "./token")
    .replace("rooms: [ faculty ]", "rooms: [ faculty, campus, channel ]")
    .replace("./secrets/faculty.token", "./token");
  await write("postern.yaml", on);
  const result = await load();
  if (!result.ok) throw new Error(said(result.errors, "en").join("\n"));
  expect(result.warnings).toEqual([]);
  const { config } = result;
  expect(config.feed.publicUrl).toBe("https://feed.example.org");
  const room = config.rooms.get(RoomName.parse("faculty"));
  expect(room).toMatchObject({ origins: ["feed.example.org", "copy.example.net/faculty"] });
  expect(room?.timing).toEqual({
    slots: [480, 780, 1080],
    jitter: 300_000,
    silentHours: { from: 1380, to: 420 },
  });
  const campus = config.rooms.get(RoomName.parse("campus"));
  expect(campus).toMatchObject({
    type: "matrix",
    account: "campus",
    historyVisibility: "shared",
    trust: "all",
  });
  expect(config.matrix.get(AccountName.parse("campus"))).toMatchObject({
    baseUrl: "https://matrix.example.org",
    deviceName: "Laptop",
    deadlines: { call: 30_000, file: 1_800_000 },
  });
  expect(config.notices.command).toEqual(["/usr/local/bin/tell-me", "--from", "postern"]);
  expect(config.notices.webhook?.reveal()).toBe("https://ntfy.example.org/my-topic");
  expect(config.notices.webhookSecret?.reveal()).toBe("token-of-the-bot");
  expect(config.disk).toEqual({ spoolMax: 5_000_000_000, keepFree: 1_000_000_000 });
  expect(config.monitor.listen).toEqual({ host: "127.0.0.1", port: 9464 });
  const [mapping] = config.mappings;
  expect(mapping?.silence).toBe(2 * 3_600_000);
  expect(mapping?.backfill).toEqual({ kind: "since", at: Date.UTC(2026, 7, 31, 21) });
  expect(mapping?.include.length).toBe(2);
});

test.each(["-70801090403050", "9007199254740993", "-9223372036854775808", "1234567890123456789"])(
  "the channel %s is kept exactly, written as a number or in quotes",
  async (id) => {
    const { write, load } = await place();
    for (const written of [id, `"${id}"`, `'${id}'`]) {
      await write("postern.yaml", good.replace("-70801090403050", written));
      expect(loaded(await load()).mappings[0]?.channel).toBe(ChannelId.parse(id));
    }
  },
);

test("senders beyond what a number can hold are kept exactly, too", async () => {
  const { write, load } = await place();
  await write(
    "postern.yaml",
    good.replace("rooms: [faculty]", "rooms: [faculty]\n    senders: [9007199254740993]"),
  );
  expect(loaded(await load()).mappings[0]?.senders).toEqual(["9007199254740993"]);
});

test("what is not written has its default, and paths are taken from the folder of the file", async () => {
  const { folder, write, load } = await place();
  await write("postern.yaml", good);
  const config = loaded(await load());
  expect(config.data).toBe(path.join(folder, "data"));
  expect(config.feed).toMatchObject({
    folder: path.join(folder, "data", "feed"),
    publicUrl: null,
    reader: true,
  });
  expect(config.vault).toEqual({ keyFile: null, passphrase: false });
  const [mapping] = config.mappings;
  expect(mapping).toMatchObject({ name: "mapping-1", edits: "announce", removals: "remove" });
  expect(mapping).toMatchObject({ timezone: "Europe/Moscow", backfill: { kind: "none" } });
  const room = config.rooms.get(RoomName.parse("faculty"));
  expect(room).toMatchObject({
    history: 14,
    lang: "ru",
    timing: { slots: [], jitter: 0, silentHours: null },
  });
});

test.each([
  ["", 6],
  ["    urgent: ['#срочно']\n", 2],
  ["    silence: 3h\n", 3],
  ["    urgent: ['#срочно']\n    silence: off\n", null],
])("after so many hours of silence rooms are told: with %j after %j", async (written, hours) => {
  const { write, load } = await place();
  await write("postern.yaml", good.replace("    rooms: [faculty]\n", `    rooms: [faculty]\n${written}`));
  const [mapping] = loaded(await load()).mappings;
  expect(mapping?.silence).toBe(hours === null ? undefined : hours * 3_600_000);
});

test("a setting with nothing behind it is as if it were not written", async () => {
  const { write, load } = await place();
  await write("postern.yaml", good.replace("data: ./data\n", "data:\nvault:\nlog:\n  level:\n"));
  expect(loaded(await load()).log.level).toBe("info");
});

test("a file that is missing, empty, or not in UTF-8 is told", async () => {
  const { write, load, said } = await place();
  const first = async () => {
    const result = await load();
    return result.ok ? "" : said(result.errors, "en")[0];
  };
  expect(await first()).toContain("There is no such file");
  await write("postern.yaml", " \n");
  expect(await first()).toContain("The file is empty");
  await write("postern.yaml", Buffer.from([0xd0, 0x0a, 0xff]));
  expect(await first()).toContain("not UTF-8");
});

test("a list that is none, and has a length all the same, is told as any other", async () => {
  const { write, load, said } = await place();
  await write(
    "postern.yaml",
    good.replace("rooms: [faculty]", "rooms: { length: { valueOf: 1, toString: 1 } }"),
  );
  const result = await load();
  expect(
    result.ok ? [] : said(result.errors, "en").map((line) => line.split(": ").slice(0, 2).join(" ")),
  ).toEqual(["postern.yaml:15 mappings[0].rooms"]);
});

test("everything wrong is told at once, in the order of the lines", async () => {
  const { write, load, said } = await place();
  const yaml = good
    .replace("lang: ru", "lang: de")
    .replace("title: Расписание", "titel: Расписание")
    .replace("rooms: [faculty]", "rooms: [fakulty]");
  await write("postern.yaml", yaml);
  const result = await load();
  if (result.ok) throw new Error("nothing was found wrong");
  const places = said(result.errors, "ru").map((line) => line.split(": ").slice(0, 2).join(" "));
  expect(places).toEqual([
    "postern.yaml:2 lang",
    "postern.yaml:9 rooms.faculty.title",
    "postern.yaml:11 rooms.faculty.titel",
    "postern.yaml:15 mappings[0].rooms[0]",
  ]);
});

test.skipIf(process.platform === "win32")(
  "secrets that others can read are refused, wherever they stand",
  async () => {
    const { write, load, said } = await place();
    await write("postern.yaml", good);
    await write("token", "token-of-the-bot", 0o640);
    const refusal = async () => {
      const result = await load();
      return result.ok ? "" : said(result.errors, "ru").join("\n");
    };
    expect(await refusal()).toContain(
      "postern.yaml:7: sources.faculty.token_file: Файл token могут читать другие (права 0640)",
    );
    const inline = good.replace("token_file: ./token", "token: token-of-the-bot");
    await write("postern.yaml", inline, 0o644);
    expect(await refusal()).toContain(
      "postern.yaml:7: sources.faculty.token: Файл postern.yaml могут читать другие",
    );
    expect(await refusal()).toContain("chmod 600 postern.yaml");
    await write("postern.yaml", inline, 0o600);
    expect(await refusal()).toBe("");
    const proxy = good.replace("./token", "./token\n    proxy: http://user:secret@127.0.0.1:1");
    await write("token", "token-of-the-bot", 0o600);
    await write("postern.yaml", proxy, 0o644);
    expect(await refusal()).toContain("sources.faculty.proxy: Файл postern.yaml могут читать другие");
  },
);

test("a secret comes from the environment first, and is never shown", async () => {
  const { write, load, folder } = await place();
  await write("postern.yaml", good);
  await write("other", "token-from-a-file\n");
  const token = async (env: Readonly<Record<string, string>>) =>
    loaded(await load({ env }))
      .sources.get(FACULTY)
      ?.token.reveal();
  expect(await token({})).toBe("token-of-the-bot");
  expect(await token({ POSTERN_FACULTY_TOKEN: "token-of-env" })).toBe("token-of-env");
  expect(await token({ POSTERN_FACULTY_TOKEN_FILE: path.join(folder, "other") })).toBe("token-from-a-file");
  const config = loaded(await load({ env: { POSTERN_FACULTY_PROXY: "http://user:secret@127.0.0.1:1" } }));
  for (const text of [
    JSON.stringify([...config.sources]),
    inspect(config, { depth: 9 }),
    `${config.sources.get(FACULTY)?.token}`,
  ])
    expect(text).not.toMatch(/token-of-the-bot|user:secret/);
});

test("a token with foreign signs is refused without being shown", async () => {
  const { write, load, said } = await place();
  await write("postern.yaml", good);
  for (const wrong of ["Bearer abc", "«abc»", "a\nb"]) {
    await write("token", wrong);
    const result = await load();
    if (result.ok) throw new Error("nothing was found wrong");
    const text = said(result.errors, "ru").join();
    expect(text).toContain("postern.yaml:7: sources.faculty.token_file: Токен содержит пробелы");
    expect(text).not.toContain(wrong);
  }
  await write("token", "\n");
  const result = await load();
  expect(result.ok ? "" : said(result.errors, "ru").join()).toContain("token пуст");
});

test("a command that reads no source is told of missing secrets as a warning only", async () => {
  const { write, load } = await place();
  await write("postern.yaml", good.replace("    token_file: ./token\n", ""));
  expect((await load()).ok).toBe(false);
  const result = await load({ secrets: false });
  expect(result.ok && result.warnings.map((w) => w.what.code)).toEqual(["secret_missing"]);
});

test("what works, but not as one may think, is a warning", async () => {
  const { write, load, said } = await place();
  const warnings = async (yaml: string) => {
    await write("postern.yaml", yaml);
    const result = await load();
    return said(result.warnings, "en").map((line) => line.replace("postern.yaml:", ""));
  };
  const extra = "  second:\n    type: sealed\n    title: Second\nmappings:";
  expect(await warnings(good.replace("mappings:", extra))).toEqual([
    expect.stringContaining('12: rooms.second: No mapping leads to the room "second"'),
  ]);
  expect(await warnings(good.replace(/mappings:[\s\S]*faculty\]\n/, "mappings: []\n"))).toEqual([
    expect.stringContaining("12: mappings: There are no mappings"),
  ]);
  const none = good.replace("title: Расписание", "title: Расписание\n    history: 0");
  expect(await warnings(none)).toEqual([
    expect.stringContaining('mappings[0].edits: The room "faculty" has history: 0'),
  ]);
  expect(
    await warnings(
      none.replace("rooms: [faculty]", "rooms: [faculty]\n    edits: replace\n    removals: strike"),
    ),
  ).toEqual([expect.stringContaining('18: mappings[0].removals: The room "faculty" has history: 0')]);
  expect(
    await warnings(good.replace("rooms: [faculty]", "rooms: [faculty]\n    largest_file: 1 GB")),
  ).toEqual([
    expect.stringContaining(
      '16: mappings[0].largest_file: The sealed room "faculty" carries files up to 98 MB',
    ),
  ]);
});

test("the language is that of the command line, else of the file, else of the environment", async () => {
  const { write, load } = await place();
  const lang = async (yaml: string, o: Parameters<typeof load>[0] = {}) => {
    await write("postern.yaml", yaml);
    return (await load(o)).lang;
  };
  const none = good.replace("lang: ru\n", "");
  expect(await lang(good, { lang: "en" })).toBe("en");
  expect(await lang(good, { env: { LANG: "en_US.UTF-8" } })).toBe("ru");
  expect(await lang(none, { env: { LANG: "en_US.UTF-8" } })).toBe("en");
  expect(await lang(none, { env: { LANG: "ru_RU.UTF-8" } })).toBe("ru");
  expect(await lang(none, { env: { LANG: "ru_RU.UTF-8", LC_ALL: "C" } })).toBe("en");
  expect(await lang("lang: [", { env: { LANG: "ru" } })).toBe("ru");
});
