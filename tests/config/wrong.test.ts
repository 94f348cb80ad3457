import { expect, test } from "vitest";
import { good, place } from "./place.helper.ts";

/** What stands in the file instead of what; the place that must be named; words of the message in both languages. */
type Case = readonly [name: string, from: string, to: string, at: string, ru: string, en: string];

const title = "    title: Расписание\n";
const source = "    token_file: ./token\n";
const mapping = "    rooms: [faculty]\n";
const listen = "  listen: 127.0.0.1:8080\n";

const errors: readonly Case[] = [
  [
    "an unknown setting with its nearest",
    source,
    "    tokn_file: ./t\n",
    "7: sources.faculty.tokn_file",
    "«token_file»",
    '"token_file"',
  ],
  [
    "an unknown setting that is like none",
    mapping,
    `${mapping}    zzz: 1\n`,
    "16: mappings[0].zzz",
    "Здесь бывают: name, source",
    "Known here: name, source",
  ],
  ["an unknown setting at the top", "data: ./data\n", "dta: ./data\n", "3: dta", "«data»", '"data"'],
  [
    "a camel-case spelling of a setting",
    listen,
    `${listen}  trustProxy: none\n`,
    "18: feed.trustProxy",
    "«trust_proxy»",
    '"trust_proxy"',
  ],
  ["a missing setting", title, "", "9: rooms.faculty.title", "не хватает", "missing"],
  [
    "a missing group",
    "rooms:\n  faculty:\n    type: sealed\n    title: Расписание\n",
    "",
    "rooms",
    "не хватает",
    "missing",
  ],
  ["another version", "version: 1", "version: 2", "1: version", "Можно только: 1", "Possible here: 1"],
  [
    "an unknown language",
    "lang: ru",
    "lang: de",
    "2: lang",
    "«de» не подходит. Можно только: ru, en",
    '"de" does not fit. Possible here: ru, en',
  ],
  [
    "an unknown kind of room",
    "type: sealed",
    "type: irc",
    "10: rooms.faculty.type",
    "«irc» не подходит. Можно только: sealed, matrix",
    '"irc" does not fit. Possible here: sealed, matrix',
  ],
  ["a room of no kind", "    type: sealed\n", "", "9: rooms.faculty.type", "не хватает", "missing"],
  [
    "a setting of another kind of room",
    title,
    `${title}    topic: Расписание\n`,
    "12: rooms.faculty.topic",
    "Здесь бывают: type, title, history, origins",
    "Known here: type, title, history, origins",
  ],
  [
    "an unknown kind of source",
    "type: max-bot",
    "type: max",
    "6: sources.faculty.type",
    "Можно только: max-bot",
    "Possible here: max-bot",
  ],
  [
    "a text where a group belongs",
    "feed:\n  listen: 127.0.0.1:8080\n",
    "feed: yes\n",
    "16: feed",
    "Здесь нужны вложенные настройки",
    'Settings "name: value" are needed',
  ],
  [
    "a text where a list belongs",
    "rooms: [faculty]",
    "rooms: faculty",
    "15: mappings[0].rooms",
    "Нужен список",
    "A list, not empty",
  ],
  [
    "a list with nothing in it",
    "rooms: [faculty]",
    "rooms: []",
    "15: mappings[0].rooms",
    "не пустой",
    "not empty",
  ],
  [
    "a number as a title",
    "title: Расписание",
    "title: 2026",
    "11: rooms.faculty.title",
    "возьмите его в кавычки",
    "put it in quotes",
  ],
  [
    "a title of two lines",
    "title: Расписание",
    'title: "a\\nb"',
    "11: rooms.faculty.title",
    "одной строкой",
    "on one line",
  ],
  [
    "a room's name with capital letters",
    "rooms:\n  faculty:",
    "rooms:\n  Faculty:",
    "9: rooms.Faculty",
    "строчных латинских букв",
    "lower-case Latin letters",
  ],
  [
    "a mapping to an unknown room",
    "rooms: [faculty]",
    "rooms: [fakulty]",
    "15: mappings[0].rooms[0]",
    "«faculty»",
    'mean "faculty"',
  ],
  [
    "a mapping from an unknown source",
    "source: faculty",
    "source: max",
    "13: mappings[0].source",
    "Источника «max» нет",
    'no source "max"',
  ],
  [
    "two mappings of one name",
    mapping,
    `${mapping}    name: one\n  - { name: one, source: faculty, channel: -5, rooms: [faculty] }\n`,
    "17: mappings[1].name",
    "уже у другого правила",
    "already",
  ],
  [
    "a mapping's name that another has by its place",
    mapping,
    `${mapping}    name: mapping-2\n  - { source: faculty, channel: -5, rooms: [faculty] }\n`,
    "17: mappings[1].name",
    "«mapping-2» уже",
    '"mapping-2" already',
  ],
  [
    "a channel by its name",
    "channel: -70801090403050",
    "channel: faculty_news",
    "14: mappings[0].channel",
    "это целое число",
    "is an integer",
  ],
  [
    "a channel with a fraction",
    "channel: -70801090403050",
    "channel: 1.5",
    "14: mappings[0].channel",
    "Нужен номер канала",
    "A channel's id is needed",
  ],
  [
    "a channel rounded by an exponent",
    "channel: -70801090403050",
    "channel: 7.08e25",
    "14: mappings[0].channel",
    "Нужен номер канала",
    "A channel's id is needed",
  ],
  [
    "a sender with a space",
    mapping,
    `${mapping}    senders: ["12 34"]\n`,
    "16: mappings[0].senders[0]",
    "Нужен номер отправителя",
    "A sender's id is needed",
  ],
  [
    "a time that no day has",
    title,
    `${title}    timing: { slots: ["25:00"] }\n`,
    "12: rooms.faculty.timing.slots[0]",
    "«25:00» не подходит. Нужно время",
    '"25:00" does not fit. A time',
  ],
  [
    "silent hours of no length",
    title,
    `${title}    timing: { silent_hours: "07:00-07:00" }\n`,
    "12: rooms.faculty.timing.silent_hours",
    "начало и конец разные",
    "start and end differ",
  ],
  [
    "a duration without a unit",
    title,
    `${title}    timing: { jitter: "5" }\n`,
    "12: rooms.faculty.timing.jitter",
    "Нужна длительность",
    "A duration is needed",
  ],
  [
    "a pattern that is no regular expression",
    mapping,
    `${mapping}    include: [{ pattern: "(" }]\n`,
    "16: mappings[0].include[0]",
    "не регулярное выражение",
    "no JavaScript regular expression",
  ],
  [
    "a flag that makes a pattern remember",
    mapping,
    `${mapping}    urgent: [{ pattern: "a", flags: g }]\n`,
    "16: mappings[0].urgent[0]",
    "флаги могут быть",
    "flags may be",
  ],
  [
    "a hashtag without its sign",
    mapping,
    `${mapping}    exclude: [реклама]\n`,
    "16: mappings[0].exclude[0]",
    "Нужен хештег в кавычках",
    "A hashtag in quotes",
  ],
  [
    "an unknown time zone",
    mapping,
    `${mapping}    timezone: Europe/Moskow\n`,
    "16: mappings[0].timezone",
    "«Europe/Moskow» не подходит. Нужен часовой пояс",
    '"Europe/Moskow" does not fit. An IANA time zone',
  ],
  [
    "an unknown time zone of a room",
    title,
    `${title}    zone: MSK+3\n`,
    "12: rooms.faculty.zone",
    "Нужен часовой пояс",
    "An IANA time zone",
  ],
  [
    "an unknown rule for edits",
    mapping,
    `${mapping}    edits: anounce\n`,
    "16: mappings[0].edits",
    "Можно только: replace, annotate, announce",
    "Possible here: replace, annotate, announce",
  ],
  [
    "an unknown kind of attachment",
    mapping,
    `${mapping}    attachments: [image, gif]\n`,
    "16: mappings[0].attachments[1]",
    "«gif» не подходит",
    '"gif" does not fit',
  ],
  [
    "a size without a unit",
    mapping,
    `${mapping}    largest_file: 98\n`,
    "16: mappings[0].largest_file",
    "Нужен размер",
    "A size is needed",
  ],
  [
    "a past that begins on no day",
    mapping,
    `${mapping}    backfill: since 2026-02-30\n`,
    "16: mappings[0].backfill",
    "Нужно 0, число постов",
    "0, a number of posts",
  ],
  [
    "a history of too many days",
    title,
    `${title}    history: 400\n`,
    "12: rooms.faculty.history",
    "от 0 до 365",
    "from 0 to 365",
  ],
  [
    "an origin without encryption",
    title,
    `${title}    origins: ["http://feed.example.org"]\n`,
    "12: rooms.faculty.origins[0]",
    "Нужен адрес https",
    "An https address",
  ],
  [
    "a page's address without encryption",
    listen,
    `${listen}  public_url: http://feed.example.org\n`,
    "18: feed.public_url",
    "Нужен адрес https",
    "An https address",
  ],
  [
    "an address of the bot API that is none",
    source,
    `${source}    base_url: platform\n`,
    "8: sources.faculty.base_url",
    "Нужен адрес https",
    "An https address",
  ],
  [
    "a place to listen without a port",
    "listen: 127.0.0.1:8080",
    "listen: 127.0.0.1",
    "17: feed.listen",
    "Нужны адрес и порт",
    "Address and port",
  ],
  [
    "a port beyond all ports",
    "listen: 127.0.0.1:8080",
    "listen: 127.0.0.1:80800",
    "17: feed.listen",
    "Нужны адрес и порт",
    "Address and port",
  ],
  [
    "a limit of nothing",
    listen,
    `${listen}  limits: { streams: 0 }\n`,
    "18: feed.limits.streams",
    "больше нуля",
    "above zero",
  ],
  [
    "yes for true",
    "data: ./data\n",
    "data: ./data\nvault: { passphrase: yes }\n",
    "4: vault.passphrase",
    "Нужно true или false",
    "true or false",
  ],
  [
    "a proxy of an unknown kind",
    source,
    `${source}    proxy: ftp://127.0.0.1:1\n`,
    "8: sources.faculty.proxy",
    "Нужен адрес прокси",
    "A proxy's address",
  ],
  [
    "a proxy written twice",
    source,
    `${source}    proxy: http://127.0.0.1:1\n    proxy_file: ./token\n`,
    "8: sources.faculty.proxy",
    "Заданы и proxy, и proxy_file",
    "Both proxy and proxy_file",
  ],
  [
    "a token written twice",
    source,
    `${source}    token: abc\n`,
    "8: sources.faculty.token",
    "Заданы и token, и token_file",
    "Both token and token_file",
  ],
  ["no token", source, "", "5: sources.faculty.token", "POSTERN_FACULTY_TOKEN", "POSTERN_FACULTY_TOKEN_FILE"],
  [
    "a token file that is not there",
    "./token",
    "./none",
    "7: sources.faculty.token_file",
    "none не читается",
    "none cannot be read",
  ],
  [
    "a certificate file that is not there",
    source,
    `${source}    ca_file: ./ca.pem\n`,
    "8: sources.faculty.ca_file",
    "ca.pem не читается",
    "ca.pem cannot be read",
  ],
  [
    "a certificate file with something else",
    source,
    `${source}    ca_file: ./token\n`,
    "8: sources.faculty.ca_file",
    "нет сертификата PEM",
    "no PEM certificate",
  ],
  [
    "a key inside the data",
    "data: ./data\n",
    "data: ./data\nvault: { key_file: ./data/k }\n",
    "4: vault.key_file",
    "копия папки открывала бы сама себя",
    "a copy of the folder would open itself",
  ],
  [
    "a witness inside the data",
    "data: ./data",
    "data: ./data\nwitness: ./data/witness",
    "4: witness",
    "Свидетель лежит внутри data",
    "The witness lies inside data",
  ],
  [
    "a key inside the feed",
    listen,
    `${listen}  folder: ./web\nvault: { key_file: ./web/k }\n`,
    "19: vault.key_file",
    "Ключ лежит внутри web",
    "The key lies inside web",
  ],
  [
    "data inside the feed",
    listen,
    `${listen}  folder: .\n`,
    "18: feed.folder",
    "внутри папки ленты",
    "inside the feed's folder",
  ],
  [
    "an unknown level of the log",
    listen,
    `${listen}log: { level: verbose }\n`,
    "18: log.level",
    "Можно только: trace",
    "Possible here: trace",
  ],
  [
    "a monitor in the feed's place",
    listen,
    `${listen}monitor: { listen: "127.0.0.1:8080" }\n`,
    "18: monitor.listen",
    "Этот адрес уже у ленты",
    "The feed has this address already",
  ],
  [
    "a monitor in the place that the feed has by itself",
    `feed:\n${listen}`,
    "monitor: { listen: localhost:8080 }\n",
    "16: monitor.listen",
    "Этот адрес уже у ленты",
    "The feed has this address already",
  ],
  [
    "a number that is wrong in two ways",
    title,
    `${title}    history: 1e99\n`,
    "12: rooms.faculty.history",
    "от 0 до 365",
    "from 0 to 365",
  ],
  [
    "a Telegram link of another kind",
    title,
    `${title}    telegram: "@faculty"\n`,
    "12: rooms.faculty.telegram",
    "https://t.me/",
    "https://t.me/",
  ],
];

test.each(errors)(
  "%s is told with file, line and setting, in both languages",
  async (_name, from, to, at, ru, en) => {
    const { write, load, said } = await place();
    expect(good).toContain(from);
    await write("postern.yaml", good.replace(from, to));
    const loaded = await load();
    if (loaded.ok) throw new Error("nothing was found wrong");
    const [inRussian] = said(loaded.errors, "ru");
    // One mistake may be the cause of one other.
    expect(loaded.errors.length).toBeLessThanOrEqual(2);
    const where = /^\d/.test(at) ? `postern.yaml:${at}: ` : `postern.yaml: ${at}: `;
    expect(inRussian).toMatch(/[а-я]{4}/);
    expect(inRussian?.startsWith(where), inRussian).toBe(true);
    expect(inRussian).toContain(ru);
    const [inEnglish] = said(loaded.errors, "en");
    expect(inEnglish?.startsWith(where), inEnglish).toBe(true);
    expect(inEnglish).toContain(en);
  },
);

const broken: readonly Case[] = [
  ["a tab as indentation", "    type: max-bot", "\ttype: max-bot", "6", "табуляцией", "with a tab"],
  [
    "a bracket that is not closed",
    "rooms: [faculty]",
    "rooms: [faculty",
    "16",
    "выше не закрыта скобка",
    "a bracket above is not closed",
  ],
  ["a setting written twice", title, title + title, "12", "уже есть выше", "stands above"],
  ["a reference to nothing", "data: ./data", "data: *nothing", "3", "никуда не ведёт", "leads nowhere"],
  [
    "a reference to nothing behind twenty thousand others",
    "data: ./data",
    `data: [&a x${", *a".repeat(20_000)}, *nothing]`,
    "3",
    "никуда не ведёт",
    "leads nowhere",
  ],
  ["two documents in one file", "feed:", "---\nfeed:", "16", "несколько документов", "several documents"],
  [
    "a name that is a list itself",
    "data: ./data",
    "? [a, [b]]\n: ./data",
    "3",
    "само оказалось группой или списком",
    "is a group or a list itself here",
  ],
  [
    "brackets nested without end",
    "data: ./data",
    `data: ${"[".repeat(20_000)}`,
    "3",
    "вложены слишком глубоко",
    "nested far too deep",
  ],
  [
    "a quote that is not closed",
    "title: Расписание",
    'title: "Расписание',
    "18",
    "записан неверно",
    "not written rightly",
  ],
];

test("hyphens nested without end are told once, in both languages", async () => {
  const { write, load, said } = await place();
  await write("postern.yaml", `${"- ".repeat(20_000)}x\n`);
  const loaded = await load();
  if (loaded.ok) throw new Error("nothing was found wrong");
  // Where the parser gives up by itself it names the line.
  expect(said(loaded.errors, "ru").map((line) => line.replace(":1:", ":"))).toEqual([
    "postern.yaml: Списки и группы вложены слишком глубоко. Ни одна настройка не лежит глубже пяти уровней; поищите строки из одних скобок, дефисов или вопросительных знаков.",
  ]);
  expect(said(loaded.errors, "en")[0]).toContain("nested far too deep");
});

test.each(broken)(
  "%s is told with file and line, in both languages",
  async (_name, from, to, line, ru, en) => {
    const { write, load, said } = await place();
    await write("postern.yaml", good.replace(from, to));
    const loaded = await load();
    if (loaded.ok) throw new Error("nothing was found wrong");
    const [inRussian] = said(loaded.errors, "ru");
    expect(inRussian?.startsWith(`postern.yaml:${line}: `), inRussian).toBe(true);
    expect(inRussian).toContain(ru);
    expect(said(loaded.errors, "en")[0]).toContain(en);
  },
);

test("each mistake is told in exactly the words that are kept beside this test, in both languages", async () => {
  const { write, load, said } = await place();
  const all: string[] = [];
  for (const [name, from, to] of [...errors, ...broken]) {
    await write("postern.yaml", good.replace(from, to));
    const loaded = await load();
    const found = loaded.ok ? [] : loaded.errors;
    const lines = [...said(found, "ru"), ...said(found, "en")];
    expect(new Set(lines).size, name).toBe(lines.length);
    all.push(`${name}\n${lines.map((line) => `  ${line}\n`).join("")}`);
  }
  await expect(all.join("\n")).toMatchFileSnapshot("wrong.messages.txt");
});
