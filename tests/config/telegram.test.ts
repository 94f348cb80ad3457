import { expect, test } from "vitest";
import { BotName, RoomName } from "../../bridge/model/ids.ts";
import { place } from "./place.helper.ts";

/** Nothing is wrong with it. Tests count on its lines. */
const good = `version: 1
lang: ru
data: ./data
sources:
  faculty:
    type: max-bot
    token_file: ./token
telegram:
  campus:
    token_file: ./token
rooms:
  class:
    type: telegram
    bot: campus
    chat: -1001234567890
    title: Расписание
mappings:
  - source: faculty
    channel: -70801090403050
    rooms: [class]
`;
const CAMPUS = BotName.parse("campus");
const CLASS = RoomName.parse("class");
const title = "    title: Расписание\n";
const rooms = "    rooms: [class]\n";
const token = "  campus:\n    token_file: ./token\n";

test("what is not written has its default", async () => {
  const { write, load } = await place();
  await write("postern.yaml", good);
  const loaded = await load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  expect(loaded.warnings).toEqual([]);
  const bot = loaded.config.telegram.get(CAMPUS);
  expect(bot?.token.reveal()).toBe("token-of-the-bot");
  expect(bot).toMatchObject({
    name: CAMPUS,
    proxy: null,
    caFile: null,
    apiRoot: "https://api.telegram.org",
    deadlines: { call: 30_000, file: 600_000 },
    admins: [],
  });
  expect(loaded.config.rooms.get(CLASS)).toEqual({
    name: CLASS,
    type: "telegram",
    bot: CAMPUS,
    chat: -1_001_234_567_890,
    topic: null,
    title: "Расписание",
    probe: true,
    unsure: "resend",
    history: 14,
    lang: "ru",
    zone: "Europe/Moscow",
    timing: { slots: [], jitter: 0, silentHours: null },
  });
});

test("what is written counts, a chat in quotes and a closing slash included", async () => {
  const { write, load } = await place();
  const written = good
    .replace("chat: -1001234567890", 'chat: "-1001234567890"\n    topic: 7\n    probe: off\n    unsure: hold')
    .replace(token, `${token}    api_root: https://bots.example.org/\n    admins: [77, 77, 78]\n`);
  await write("postern.yaml", written);
  const loaded = await load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  expect(loaded.config.rooms.get(CLASS)).toMatchObject({
    chat: -1_001_234_567_890,
    topic: 7,
    probe: false,
    unsure: "hold",
  });
  expect(loaded.config.telegram.get(CAMPUS)).toMatchObject({
    apiRoot: "https://bots.example.org",
    admins: [77, 78],
  });
});

test("a sealed room may name the channel that carries its log", async () => {
  const { write, load } = await place();
  const sealed = "  web:\n    type: sealed\n    title: Веб\n    carrier: { bot: campus, chat: -100200 }\n";
  await write("postern.yaml", good.replace("rooms:\n", `rooms:\n${sealed}`));
  const loaded = await load();
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  expect(loaded.config.rooms.get(RoomName.parse("web"))).toMatchObject({
    carrier: { bot: CAMPUS, chat: -100_200, topic: null },
  });
});

type Case = readonly [name: string, from: string, to: string, at: string, ru: string, en: string];

const mistakes: readonly Case[] = [
  [
    "a bot that is not there, with its nearest",
    "bot: campus",
    "bot: camus",
    "14: rooms.class.bot",
    "Бота «camus» нет в telegram. Может быть, «campus»?",
    'There is no bot "camus" in telegram. Did you mean "campus"?',
  ],
  [
    "a chat by its name",
    "chat: -1001234567890",
    'chat: "@faculty"',
    "15: rooms.class.chat",
    "отрицательное целое число",
    "a negative integer",
  ],
  [
    "a private chat",
    "chat: -1001234567890",
    "chat: 1001234567890",
    "15: rooms.class.chat",
    "отрицательное целое число",
    "a negative integer",
  ],
  [
    "a topic that is none",
    title,
    `${title}    topic: 0\n`,
    "17: rooms.class.topic",
    "Нужен номер темы",
    "The id of a Telegram topic is needed",
  ],
  [
    "an admin by name",
    token,
    `${token}    admins: ["@rep"]\n`,
    "11: telegram.campus.admins[0]",
    "не имя с @",
    "not a name with @",
  ],
  [
    "a way of probing that there is not",
    title,
    `${title}    probe: maybe\n`,
    "17: rooms.class.probe",
    "Можно только: on, off",
    "Possible here: on, off",
  ],
  [
    "two rooms in one chat",
    title,
    `${title}  other:\n    type: telegram\n    bot: campus\n    chat: -1001234567890\n    title: Ещё\n`,
    "20: rooms.other.chat",
    "пришли бы туда дважды",
    "would come there twice",
  ],
  [
    "a room in the chat that carries another's log",
    title,
    `${title}  other:\n    type: sealed\n    title: Ещё\n    carrier: { bot: campus, chat: -1001234567890 }\n`,
    "20: rooms.other.carrier.chat",
    "пришли бы туда дважды",
    "would come there twice",
  ],
  [
    "another's log in another topic of a room's chat",
    title,
    `${title}    topic: 4\n  other:\n    type: sealed\n    title: Ещё\n    carrier: { bot: campus, chat: -1001234567890, topic: 5 }\n`,
    "21: rooms.other.carrier.chat",
    "путались бы",
    "taken for one another",
  ],
  [
    "no token",
    "    token_file: ./token\nrooms",
    "    admins: []\nrooms",
    "9: telegram.campus.token",
    "POSTERN_TELEGRAM_CAMPUS_TOKEN",
    "POSTERN_TELEGRAM_CAMPUS_TOKEN",
  ],
];

test.each(mistakes)(
  "%s is told with file, line and key, in both languages",
  async (_name, from, to, at, ru, en) => {
    const { write, load, said } = await place();
    expect(good).toContain(from);
    await write("postern.yaml", good.replace(from, to));
    const loaded = await load();
    if (loaded.ok) throw new Error("nothing was found wrong");
    expect(
      said(loaded.errors, "ru")[0]?.startsWith(`postern.yaml:${at}: `),
      said(loaded.errors, "ru")[0],
    ).toBe(true);
    expect(said(loaded.errors, "ru")[0]).toContain(ru);
    expect(said(loaded.errors, "en")[0]).toContain(en);
  },
);

test("two topics of one forum are two places", async () => {
  const { write, load } = await place();
  const topics = good
    .replace(
      title,
      `${title}    topic: 7\n  other:\n    type: telegram\n    bot: campus\n    chat: -1001234567890\n    topic: 8\n    title: Ещё\n`,
    )
    .replace(rooms, "    rooms: [class, other]\n");
  await write("postern.yaml", topics);
  expect(await load()).toMatchObject({ ok: true, warnings: [] });
});

const warnings: readonly Case[] = [
  [
    "a bot that serves no room",
    token,
    `  spare:\n    token_file: ./token\n${token}`,
    "9: telegram.spare",
    "Бот «spare» из telegram не назван",
    'No room names the bot "spare"',
  ],
  [
    "pinning where posts are looked for by their button",
    rooms,
    `${rooms}    pin: ["#важно"]\n`,
    "21: mappings[0].pin",
    "probe: off",
    "probe: off",
  ],
  [
    "files that Telegram does not take",
    rooms,
    `${rooms}    largest_file: 98 MB\n`,
    "21: mappings[0].largest_file",
    "до 50 MB",
    "up to 50 MB",
  ],
];

test.each(warnings)("%s is warned of, and stops nothing", async (_name, from, to, at, ru, en) => {
  const { write, load, said } = await place();
  await write("postern.yaml", good.replace(from, to));
  const loaded = await load();
  expect(loaded.ok).toBe(true);
  expect(said(loaded.warnings, "ru")).toHaveLength(1);
  expect(
    said(loaded.warnings, "ru")[0]?.startsWith(`postern.yaml:${at}: `),
    said(loaded.warnings, "ru")[0],
  ).toBe(true);
  expect(said(loaded.warnings, "ru")[0]).toContain(ru);
  expect(said(loaded.warnings, "en")[0]).toContain(en);
});

test("pinning goes without a warning where nothing is looked for, and in a topic; large files with a server of one's own", async () => {
  const { write, load } = await place();
  const pin = good.replace(rooms, `${rooms}    pin: ["#важно"]\n`);
  const large = good.replace(rooms, `${rooms}    largest_file: 500 MB\n`);
  for (const yaml of [
    pin.replace(title, `${title}    probe: off\n`),
    pin.replace(title, `${title}    topic: 7\n`),
    large.replace(token, `${token}    api_root: http://localhost:8081\n`),
  ]) {
    await write("postern.yaml", yaml);
    expect(await load()).toMatchObject({ ok: true, warnings: [] });
  }
});

test("token and proxy come from the environment under names of their own, and no message shows them", async () => {
  const { write, load, said } = await place();
  await write("postern.yaml", good);
  const env = {
    POSTERN_TELEGRAM_CAMPUS_TOKEN: "123:canary",
    POSTERN_TELEGRAM_CAMPUS_PROXY: "socks5://u:canary@127.0.0.1:1080",
  };
  const loaded = await load({ env });
  if (!loaded.ok) throw new Error(said(loaded.errors, "en").join("\n"));
  const bot = loaded.config.telegram.get(CAMPUS);
  expect(bot?.token.reveal()).toBe("123:canary");
  expect(bot?.proxy?.reveal()).toBe("socks5://u:canary@127.0.0.1:1080");
  expect(JSON.stringify([...loaded.config.telegram])).not.toContain("canary");
  const refused = await load({ env: { ...env, POSTERN_TELEGRAM_CAMPUS_TOKEN: "bot canary" } });
  if (refused.ok) throw new Error("nothing was found wrong");
  expect(said(refused.errors, "en").join()).not.toContain("canary");
});

test.skipIf(process.platform === "win32")("a token in a file that others can read is refused", async () => {
  const { write, load, said } = await place();
  await write("postern.yaml", good.replace(token, "  campus:\n    token: 123:canary\n"), 0o644);
  const refused = await load();
  if (refused.ok) throw new Error("nothing was found wrong");
  expect(said(refused.errors, "en")[0]).toContain("postern.yaml:10: telegram.campus.token: Others can read");
  expect(said(refused.errors, "en").join()).not.toContain("canary");
});
