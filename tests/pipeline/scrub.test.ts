import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { ChannelId, ForeignId, MediaRef, SenderId } from "../../bridge/model/ids.ts";
import { attachmentKinds, type RawAttachment, type RawPost } from "../../bridge/model/post.ts";
import { type Mark, markKinds, plain } from "../../bridge/model/rich-text.ts";
import { type CleanAnnouncement, freeze, revive, scrub } from "../../bridge/pipeline/clean.ts";
import { scrubText } from "../../bridge/pipeline/scrub-text.ts";
import { scrubWords } from "../../bridge/pipeline/scrub-words.ts";

const words = scrubWords("en");
const seed = 20261102;
const about = { lang: "en", timezone: "Europe/Moscow" } as const;
const raw = (over: Partial<RawPost>): RawPost => ({
  channel: ChannelId.parse("-100"),
  foreignId: ForeignId.parse("mid.0123456789abcdef0123"),
  postedAt: Date.UTC(2026, 10, 2, 21, 30),
  sender: SenderId.parse("80412673"),
  body: plain(""),
  attachments: [],
  ...over,
});
const scrubbed = (text: string) => scrubText(plain(text), words).text;

test.each([
  "max.ru",
  "https://max.ru/join/AbC-123",
  "http://max.ru",
  "HTTPS://WWW.MAX.RU/Faculty",
  "www.max.ru/id770123_bot",
  "m.max.ru/x?y=1#z",
  "web.max.ru/-70991234",
  "https://dekanat@max.ru/join/abc",
  "https://user:word@web.max.ru:443/join/abc",
  "https://ｍａｘ.ru/join/abc",
  "https://max。ru/join/abc",
  "https://m%61x.ru/join/abc",
  "https://ma\u00adx.ru/join/abc",
  "https://max.ru./join/abc",
  "https:\\\\max.ru\\join\\abc",
  "https:max.ru/join/abc",
  "//max.ru/join/abc",
  "https://i.oneme.ru/i?r=BTFjO43w",
  "fd.oneme.ru/getfile?rq=1",
  "https://vd123.okcdn.ru/?expires=1&sig=2",
  "https://vu.mycdn.me/v?id=1",
  "https://m.ok.ru/video/123456",
  "max://max.ru/join/abc",
  "max://chat?id=7",
  "https://away.example/?to=https%3A%2F%2Fmax.ru%2Fjoin%2Fabc",
  "https://away.example/?to=https%253A%252F%252Fmax.ru%252Fjoin%252Fabc",
  "away.example/?to=https%3A%2F%2Fmax.ru%2Fjoin%2Fabc",
  "https://away.example/to/mid.0123456789abcdef0123",
])("a link into MAX written as %s leaves the neutral word and nothing of itself", (link) => {
  for (const text of [link, `Сюда: ${link}`, `(${link})`, `«${link}»,`, `${link}\nдальше`]) {
    const clean = scrubbed(text);
    expect(clean).toMatch(/\[MAX link\]|\[id\]/u);
    expect(clean.toLowerCase()).not.toMatch(
      /max\.ru|oneme|okcdn|mycdn|join|abc|expires|70991234|0123456789/u,
    );
  }
  const marked = scrubText({ text: "здесь", marks: [{ kind: "link", start: 0, end: 5, url: link }] }, words);
  expect(marked).toEqual({ text: "здесь", marks: [] });
  const attached = scrub(
    raw({
      attachments: [
        { type: "share", url: link, title: `Чат ${link}` },
        { type: "buttons", links: [{ text: "Вступить", url: link }] },
      ],
    }),
    about,
  );
  expect(JSON.stringify(freeze(attached.clean)).toLowerCase()).not.toMatch(
    /max\.ru|oneme|okcdn|mycdn|join|expires|70991234|0123456789/u,
  );
  expect(attached.clean.text.text).toContain("Вступить");
});

test.each([
  "dekanat@max.ru",
  "Пишите на ivanov.ii@math.univ.example и на kurator+2@univ.example.",
  "https://climax.ru/program",
  "max.rumors.example",
  "https://max.ru.example/",
  "ok.ru/university",
  "https://youtube.example/@university",
  "youtube.example/@university/live",
  "Максимум 30 баллов, max. 5",
  "mailto:dekanat@max.ru",
  "почта: декан@кафедра.рф",
])("%s is left alone", (text) => {
  expect(scrubbed(text)).toBe(text);
});

test.each([
  ["Вопросы: @ivanov_ii", "Вопросы: [mention]"],
  ["(@Ivanov_II)", "([mention])"],
  ["@ivanov_ii.Завтра", "[mention].Завтра"],
  ["@ivanov_iiи @id770123_bot", "[mention]и [mention]"],
  ["староста/@ivanov", "староста/[mention]"],
  ["Куратор—@ivanov", "Куратор—[mention]"],
  ["см. mid.0123456789abcdef0123", "см. [id]"],
  ["MID.0123456789ABCDEF0123_x", "[id]_x"],
  ["Сюда: max.ru/join/abc.", "Сюда: [MAX link]."],
  ["(https://max.ru/a), (max.ru/b).", "([MAX link]), ([MAX link])."],
  ["max.ru.Далее", "[MAX link].Далее"],
])("%s becomes %s", (text, clean) => {
  expect(scrubbed(text)).toBe(clean);
});

test("formatting stays where it was around what was taken out, also inside and across it", () => {
  const text = "До max.ru/join/abc после";
  const marks: Mark[] = [
    { kind: "strong", start: 0, end: 2 },
    { kind: "em", start: 3, end: 18 },
    { kind: "under", start: 7, end: 10 },
    { kind: "code", start: 19, end: 24 },
    { kind: "link", start: 19, end: 24, url: "https://univer.example/" },
  ];
  const clean = scrubText({ text, marks }, words);
  const covered = clean.marks.map((m) => [m.kind, clean.text.slice(m.start, m.end)]);
  expect(clean.text).toBe("До [MAX link] после");
  expect(covered).toEqual([
    ["strong", "До"],
    ["em", "[MAX link]"],
    ["under", "[MAX link]"],
    ["code", "после"],
    ["link", "после"],
  ]);
});

test.each([
  "javascript:alert(1)",
  "data:text/html,x",
  "file:///etc/passwd",
  "tg://resolve?domain=x",
  "не адрес",
])("a link that leads to %s loses where it leads and keeps its words", (url) => {
  expect(scrubText({ text: "сюда", marks: [{ kind: "link", start: 0, end: 4, url }] }, words)).toEqual({
    text: "сюда",
    marks: [],
  });
});

const tricky = fc.constantFrom(
  "max.ru",
  "https://",
  "http:",
  "www.",
  "@",
  "ivanov",
  "mid.",
  "0123456789abcdef",
  "/join/",
  "?",
  "%2F",
  ".",
  ",",
  ")",
  " ",
  "\n",
  "\r\n",
  "\r",
  "\u0000",
  "\u0085",
  "и\u0306",
  "e\u0301",
  "\u0301",
  "😀",
  "\ud83d",
  "\ude00",
  "👨‍👩‍👧",
  "оneme.ru",
  "oneme.ru",
  "ᄀ",
  "ᅡ",
  "ᆨ",
  "가",
  "\u0b47",
  "\u0b3e",
  "\u1b05",
  "\u1b35",
  "\u110a5",
  "a",
  "Я",
  "_",
  "-",
  "\t",
  "\u00a0",
);
const text = fc.oneof(
  fc.array(tricky, { maxLength: 30 }).map((parts) => parts.join("")),
  fc.string({ unit: "binary", maxLength: 60 }),
  fc.string({ unit: "grapheme", maxLength: 60 }),
);
const marks = fc.array(
  fc.record({
    kind: fc.constantFrom(...markKinds.filter((k) => k !== "link")),
    start: fc.oneof(fc.integer({ min: -5, max: 70 }), fc.constantFrom(Number.NaN, 1e300, -1e300, 0.5)),
    end: fc.oneof(fc.integer({ min: -5, max: 70 }), fc.constantFrom(Number.NaN, 1e300, 2.5)),
  }),
  { maxLength: 6 },
);
const rich = fc.oneof(
  fc.record({ text, marks }),
  fc.record({ text, url: text }).map(({ text: label, url }) => ({
    text: label,
    marks: [{ kind: "link" as const, start: 0, end: label.length, url }],
  })),
);

test("whatever comes, the text is well-formed, in one form and without control characters, and every mark lies in it", () => {
  fc.assert(
    fc.property(rich, (given) => {
      const clean = scrubText(given, words);
      expect(clean.text.isWellFormed()).toBe(true);
      expect(clean.text.normalize("NFC")).toBe(clean.text);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
      expect(clean.text).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/);
      expect(clean.text.trimEnd()).toBe(clean.text);
      expect(clean.text).not.toMatch(/(?<![\p{L}\p{N}.@-])(?:max|oneme)\.ru(?![a-z0-9.-])/iu);
      for (const m of clean.marks) {
        expect(Number.isInteger(m.start) && Number.isInteger(m.end)).toBe(true);
        expect(0 <= m.start && m.start < m.end && m.end <= clean.text.length).toBe(true);
        expect(clean.text.slice(m.start, m.end).isWellFormed()).toBe(true);
        if (m.kind === "link")
          expect(["http:", "https:", "mailto:"]).toContain(URL.parse(m.url ?? "")?.protocol);
      }
    }),
    { seed, numRuns: 3000 },
  );
});

test("scrubbing what is scrubbed changes nothing more", () => {
  fc.assert(
    fc.property(rich, (given) => {
      const once = scrubText(given, words);
      expect(scrubText(once, words)).toEqual(once);
    }),
    { seed, numRuns: 3000 },
  );
});

test("a text made to be slow is scrubbed about as quickly as any other", () => {
  for (const unit of [
    "a",
    "a.",
    "https:",
    "@",
    "a@",
    "%2F",
    "max.",
    "@a",
    ".",
    "mid.",
    "max.ru",
    "https://a",
  ]) {
    const before = performance.now();
    scrubbed(unit.repeat(Math.ceil(100_000 / unit.length)));
    // Quadratic work on 100,000 characters takes minutes; this only tells minutes from moments.
    expect(performance.now() - before, unit).toBeLessThan(20_000);
  }
});

const attachment = fc.oneof(
  fc.record({
    type: fc.constant("media" as const),
    kind: fc.constantFrom(...attachmentKinds),
    ref: fc.string({ minLength: 1 }).map((s) => MediaRef.parse(s)),
    identity: fc.string(),
    name: fc.string({ maxLength: 40 }),
  }),
  fc.constant({ type: "contact" } as const),
  fc.constant({ type: "unknown" } as const),
  fc.record({ type: fc.constant("location" as const), latitude: fc.double(), longitude: fc.double() }),
  fc.record({ type: fc.constant("share" as const), url: text, title: text, description: text }),
  fc.record({
    type: fc.constant("buttons" as const),
    links: fc.array(fc.record({ text, url: text }), { maxLength: 3 }),
  }),
);

test("any post whatever is scrubbed, stored and read back the same; its author, channel and ids are not in it", () => {
  const content = fc.record({ body: rich, attachments: fc.array(attachment, { maxLength: 5 }) });
  fc.assert(
    fc.property(
      content,
      fc.option(content, { nil: undefined }),
      fc.oneof(fc.integer(), fc.double()),
      (own, forward, postedAt) => {
        const post: RawPost = raw({
          ...own,
          ...(forward === undefined ? {} : { forward }),
          postedAt,
          sender: SenderId.parse("author-80412673"),
          foreignId: ForeignId.parse("secret-message-id"),
          channel: ChannelId.parse("channel-55120934"),
        });
        const { clean, media } = scrub(post, about);
        const stored = JSON.stringify(freeze(clean));
        expect(freeze(revive(JSON.parse(stored)))).toEqual(freeze(clean));
        expect(stored).not.toMatch(/80412673|55120934|secret-message-id/u);
        const all: readonly RawAttachment[] = [...own.attachments, ...(forward?.attachments ?? [])];
        expect(clean.media).toHaveLength(all.filter((a) => a.type === "media").length);
        expect(media.map(({ ordinal, kind, name }) => ({ ordinal, kind, name }))).toEqual(clean.media);
        for (const m of clean.media)
          expect(m.name).toMatch(
            /^(?:photo|video|audio|file|sticker)-\d{4,6}-\d\d-\d\d-\d+\.[a-z0-9]{1,5}$/u,
          );
        const { text: whole, marks: spans } = clean.text;
        for (const m of spans) expect(0 <= m.start && m.start < m.end && m.end <= whole.length).toBe(true);
      },
    ),
    { seed, numRuns: 1500 },
  );
});

test.each([
  ["расписание_для_студента.pdf", "file", "file-2026-11-03-1.pdf"],
  ["отчёт.DOCX", "file", "file-2026-11-03-1.docx"],
  ["virus.exe", "file", "file-2026-11-03-1.bin"],
  ["a.secretname", "file", "file-2026-11-03-1.bin"],
  ["../../etc/passwd", "file", "file-2026-11-03-1.bin"],
  ["IMG_1234.jpeg", "image", "photo-2026-11-03-1.jpeg"],
  [undefined, "image", "photo-2026-11-03-1.jpg"],
  ["", "video", "video-2026-11-03-1.mp4"],
] as const)("the file %s of a %s is called %s, by the day of its room's zone", (name, kind, neutral) => {
  const file: RawAttachment = {
    type: "media",
    kind,
    ref: MediaRef.parse("r"),
    identity: "i",
    ...(name === undefined ? {} : { name }),
  };
  expect(scrub(raw({ attachments: [file] }), about).clean.media[0]?.name).toBe(neutral);
});

test("a forward is a quote under one neutral line, a contact and an unknown attachment are lines, a place is a link", () => {
  const { clean } = scrub(
    raw({
      body: plain("Смотрите"),
      forward: { body: plain("Чужие слова"), attachments: [{ type: "unknown" }] },
      attachments: [
        { type: "contact" },
        { type: "unknown" },
        { type: "location", latitude: 59.95, longitude: 30.3 },
      ],
    }),
    about,
  );
  expect(clean.text.text).toBe(
    [
      "Смотрите",
      words.contact,
      words.unknown,
      "Place: 59.95000, 30.30000",
      `Forwarded:\nЧужие слова\n\n${words.unknown}`,
    ].join("\n\n"),
  );
  const quote = clean.text.marks.find((m) => m.kind === "quote");
  expect(clean.text.text.slice(quote?.start, quote?.end)).toBe(`Чужие слова\n\n${words.unknown}`);
  expect(clean.text.marks.some((m) => m.kind === "link" && m.url?.includes("59.95000"))).toBe(true);
});

test("only the scrub makes a CleanAnnouncement: nothing that looks like one passes the compiler or the store", () => {
  const lookalike = { text: plain("mid.0123456789abcdef0123"), media: [] };
  // @ts-expect-error a lookalike lacks the scrub's private mark
  const wrong: CleanAnnouncement = lookalike;
  expect(() => freeze(wrong)).toThrow(TypeError);
  const { clean } = scrub(raw({ body: plain("ok") }), about);
  // @ts-expect-error a copy is no longer what the scrub made
  const copy: CleanAnnouncement = { ...clean };
  expect(() => freeze(copy)).toThrow(TypeError);
  expect(() => freeze(Object.setPrototypeOf(lookalike, Object.getPrototypeOf(clean)))).toThrow(TypeError);
  expect(() => revive({ text: { text: 7 }, media: [] })).toThrow();
});

test("what was stored is made a CleanAnnouncement again by the store of announcements and by nobody else", () => {
  const root = path.resolve(import.meta.dirname, "../..");
  const users = ["bridge", "adapters", "cli", "config", "simulators"].flatMap((top) =>
    readdirSync(path.join(root, top), { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts") && !file.includes("dist"))
      .map((file) => path.join(top, file))
      .filter((file) => /\brevive\b/u.test(readFileSync(path.join(root, file), "utf8"))),
  );
  expect(users.toSorted()).toEqual(["bridge/pipeline/clean.ts", "bridge/store/announcements.ts"]);
});
