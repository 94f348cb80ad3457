import { expect, test } from "vitest";
import { AccountName, RoomName } from "../../bridge/model/ids.ts";
import { place } from "./place.helper.ts";

/** Nothing is wrong with it. Tests count on its lines. */
const good = `version: 1
lang: ru
data: ./data
sources:
  faculty:
    type: max-bot
    token_file: ./token
matrix:
  campus:
    base_url: https://matrix.example.org
rooms:
  class:
    type: matrix
    account: campus
    title: Расписание
mappings:
  - source: faculty
    channel: -70801090403050
    rooms: [class]
`;
const CAMPUS = AccountName.parse("campus");
const CLASS = RoomName.parse("class");
const account = "    base_url: https://matrix.example.org\n";
const title = "    title: Расписание\n";

test("what is not written has its default", async () => {
  const { write, load } = await place();
  await write("postern.yaml", good);
  const loaded = await load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  expect(loaded.warnings).toEqual([]);
  expect(loaded.config.matrix.get(CAMPUS)).toEqual({
    name: CAMPUS,
    baseUrl: "https://matrix.example.org",
    deviceName: "Laptop",
    caFile: null,
    proxy: null,
    deadlines: { call: 30_000, file: 1_800_000 },
  });
  expect(loaded.config.rooms.get(CLASS)).toEqual({
    name: CLASS,
    type: "matrix",
    account: CAMPUS,
    title: "Расписание",
    topic: null,
    history: 14,
    historyVisibility: "shared",
    trust: "all",
    digest: true,
    lang: "ru",
    zone: "Europe/Moscow",
    timing: { slots: [], jitter: 0, silentHours: null },
  });
});

test("where nothing is kept, the server shows nothing from before the joining, unless that is asked for", async () => {
  const { write, load } = await place();
  const visibility = async (added: string) => {
    await write("postern.yaml", good.replace(title, `${title}    history: 0\n${added}`));
    const loaded = await load();
    const room = loaded.ok ? loaded.config.rooms.get(CLASS) : undefined;
    return room?.type === "matrix" ? room.historyVisibility : null;
  };
  expect(await visibility("")).toBe("joined");
  expect(await visibility("    history_visibility: invited\n")).toBe("invited");
});

test("a feed is served where a room is sealed, and nowhere else", async () => {
  const { write, load } = await place();
  const listens = async (yaml: string) => {
    await write("postern.yaml", yaml);
    const loaded = await load();
    return loaded.ok ? loaded.config.feed.listen : "refused";
  };
  expect(await listens(good)).toBeNull();
  const both = `${good.replace("rooms:\n", "rooms:\n  web: { type: sealed, title: Веб }\n")}`;
  expect(await listens(both)).toEqual({ host: "127.0.0.1", port: 8080 });
});

type Case = readonly [name: string, from: string, to: string, at: string, ru: string, en: string];
const cases: readonly Case[] = [
  [
    "an account without its address",
    account,
    "    device_name: x\n",
    "9: matrix.campus.base_url",
    "не хватает",
    "missing",
  ],
  [
    "an address without encryption",
    "https://matrix.example.org",
    "http://matrix.example.org",
    "10: matrix.campus.base_url",
    "Нужен адрес https",
    "An https address",
  ],
  [
    "a setting that an account does not have",
    account,
    `${account}    token: abc\n`,
    "11: matrix.campus.token",
    "Здесь бывают: base_url, device_name",
    "Known here: base_url, device_name",
  ],
  [
    "a password in the file",
    account,
    `${account}    password: secret\n`,
    "11: matrix.campus.password",
    "Такой настройки нет",
    "There is no such setting",
  ],
  [
    "an account's name with capital letters",
    "  campus:",
    "  Campus:",
    "9: matrix.Campus",
    "строчных латинских букв",
    "lower-case Latin letters",
  ],
  [
    "a room with an account that there is not",
    "account: campus",
    "account: kampus",
    "14: rooms.class.account",
    "Учётной записи «kampus» нет в matrix. Может быть, «campus»?",
    'There is no account "kampus" in matrix. Did you mean "campus"?',
  ],
  [
    "a room without an account",
    "    account: campus\n",
    "",
    "12: rooms.class.account",
    "не хватает",
    "missing",
  ],
  [
    "an account's name that is none",
    "account: campus",
    "account: 5",
    "14: rooms.class.account",
    "строчных латинских букв",
    "lower-case Latin letters",
  ],
  [
    "a setting of another kind of room",
    title,
    `${title}    origins: ["https://a.example"]\n`,
    "16: rooms.class.origins",
    "Здесь бывают: type, account, title, topic",
    "Known here: type, account, title, topic",
  ],
  [
    "an unknown rule for whom to trust",
    title,
    `${title}    trust: verified\n`,
    "16: rooms.class.trust",
    "Можно только: all, strict",
    "Possible here: all, strict",
  ],
  [
    "a history that the whole world sees",
    title,
    `${title}    history_visibility: world_readable\n`,
    "16: rooms.class.history_visibility",
    "Можно только: shared, invited, joined",
    "Possible here: shared, invited, joined",
  ],
  [
    "a digest by another word than true",
    title,
    `${title}    digest: always\n`,
    "16: rooms.class.digest",
    "Нужно true или false",
    "true or false",
  ],
  [
    "a deadline without a unit",
    account,
    `${account}    deadlines: { file: "30" }\n`,
    "11: matrix.campus.deadlines.file",
    "Нужна длительность",
    "A duration is needed",
  ],
  [
    "a proxy of an unknown kind",
    account,
    `${account}    proxy: ftp://127.0.0.1:1\n`,
    "11: matrix.campus.proxy",
    "Нужен адрес прокси",
    "A proxy's address",
  ],
  [
    "a proxy written twice",
    account,
    `${account}    proxy: http://127.0.0.1:1\n    proxy_file: ./token\n`,
    "11: matrix.campus.proxy",
    "Заданы и proxy, и proxy_file",
    "Both proxy and proxy_file",
  ],
  [
    "a certificate file that is not there",
    account,
    `${account}    ca_file: ./ca.pem\n`,
    "11: matrix.campus.ca_file",
    "ca.pem не читается",
    "ca.pem cannot be read",
  ],
];

test.each(cases)(
  "%s is told with file, line and setting, in both languages",
  async (_name, from, to, at, ru, en) => {
    const { write, load, said } = await place();
    expect(good).toContain(from);
    await write("postern.yaml", good.replace(from, to));
    const loaded = await load();
    if (loaded.ok) throw new Error("nothing was found wrong");
    const [inRussian] = said(loaded.errors, "ru");
    expect(loaded.errors.length).toBeLessThanOrEqual(2);
    expect(inRussian?.startsWith(`postern.yaml:${at}: `), inRussian).toBe(true);
    expect(inRussian).toContain(ru);
    expect(said(loaded.errors, "en")[0]).toContain(en);
  },
);

test("an account that serves no room is told, and stops nothing", async () => {
  const { write, load, said } = await place();
  await write("postern.yaml", good.replace(account, `${account}  spare:\n${account}`));
  const loaded = await load();
  expect(loaded.ok).toBe(true);
  expect(said(loaded.warnings, "ru")).toEqual([
    "postern.yaml:11: matrix.spare: Учётная запись «spare» из matrix не названа ни в одной комнате и не используется.",
  ]);
  expect(said(loaded.warnings, "en")[0]).toContain('No room names the account "spare"');
});

test("files of any size may go to a Matrix room, which a sealed room would not take", async () => {
  const { write, load } = await place();
  await write("postern.yaml", good.replace("rooms: [class]", "rooms: [class]\n    largest_file: 500 MB"));
  const loaded = await load();
  expect(loaded.warnings).toEqual([]);
  expect(loaded.ok && loaded.config.mappings[0]?.largestFile).toBe(500_000_000);
});

test("an account's proxy comes from the environment under a name of its own, and no message shows it", async () => {
  const { write, load, said } = await place();
  await write("postern.yaml", good);
  const loaded = await load({ env: { POSTERN_MATRIX_CAMPUS_PROXY: "http://u:canary@127.0.0.1:3128" } });
  if (!loaded.ok) throw new Error(said(loaded.errors, "en").join("\n"));
  expect(loaded.config.matrix.get(CAMPUS)?.proxy?.reveal()).toBe("http://u:canary@127.0.0.1:3128");
  expect(JSON.stringify(loaded.config)).not.toContain("canary");
  const refused = await load({ env: { POSTERN_MATRIX_CAMPUS_PROXY: "ftp://canary" } });
  if (refused.ok) throw new Error("nothing was found wrong");
  expect(said(refused.errors, "en").join()).not.toContain("canary");
  expect(said(refused.errors, "en")[0]).toContain("postern.yaml:9: matrix.campus");
});

test.skipIf(process.platform === "win32")(
  "a proxy's password in a file that others can read is refused",
  async () => {
    const { write, load, said } = await place();
    const yaml = good.replace(account, `${account}    proxy: http://u:canary@127.0.0.1:3128\n`);
    await write("postern.yaml", yaml, 0o644);
    const refused = await load();
    if (refused.ok) throw new Error("nothing was found wrong");
    expect(said(refused.errors, "en")[0]).toContain("postern.yaml:11: matrix.campus.proxy: Others can read");
    expect(said(refused.errors, "en").join()).not.toContain("canary");
  },
);
