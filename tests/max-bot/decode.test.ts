import fc from "fast-check";
import { expect, test } from "vitest";
import { decodePost } from "../../adapters/max-bot/decode.ts";
import { parseJson } from "../../adapters/max-bot/json.ts";
import { decodeUpdate } from "../../adapters/max-bot/updates.ts";
import { Message } from "../../adapters/max-bot/wire.ts";
import { ChannelId } from "../../bridge/model/ids.ts";

const CHAT = "-70801090403050";
const ours = new Set([ChannelId.parse(CHAT)]);
const LATEST = Date.UTC(2030, 0, 1);
const AT = 1_775_053_255_737;

/** A channel's own post, as MAX writes it. */
const message = (body: unknown, over: object = {}) => ({
  recipient: { chat_id: Number(CHAT), chat_type: "channel" },
  timestamp: AT,
  body,
  ...over,
});
const body = (text: string, over: object = {}) => ({ mid: "mid.1", seq: 7, text, ...over });
const post = (value: unknown) => decodePost(Message.parse(value));
const update = (value: unknown) => decodeUpdate(value, ours, LATEST);
const attachments = (...list: readonly unknown[]) =>
  post(message(body("", { attachments: list }))).attachments;

test("all ten kinds of markup are read, overlapping as they stand; a mention keeps its words alone", () => {
  const types = [
    "strong",
    "emphasized",
    "monospaced",
    "strikethrough",
    "underline",
    "heading",
    "highlighted",
    "quote",
  ];
  const markup = [
    ...types.map((type, i) => ({ type, from: i, length: 5 })),
    { type: "link", from: 0, length: 12, url: "https://example.org/" },
    { type: "user_mention", from: 0, length: 12, user_link: "@somebody", user_id: 5 },
  ];
  const text = "Экзамен в понедельник";
  const read = post(message(body(text, { markup }))).body;
  expect(read.text).toBe(text);
  expect(read.marks.map((m) => [m.kind, m.start, m.end, m.url])).toEqual([
    ["strong", 0, 5, undefined],
    ["em", 1, 6, undefined],
    ["code", 2, 7, undefined],
    ["strike", 3, 8, undefined],
    ["under", 4, 9, undefined],
    ["head", 5, 10, undefined],
    ["mark", 6, 11, undefined],
    ["quote", 7, 12, undefined],
    ["link", 0, 12, "https://example.org/"],
  ]);
  expect(JSON.stringify(read)).not.toContain("somebody");
});

test("markup counts UTF-16 code units, and never cuts a character in two", () => {
  const text = "🎓🎓 экзамен";
  const marks = (from: number, length: number) =>
    post(message(body(text, { markup: [{ type: "strong", from, length }] }))).body.marks.map((m) =>
      text.slice(m.start, m.end),
    );
  expect(marks(5, 7)).toEqual(["экзамен"]);
  expect(marks(0, 2)).toEqual(["🎓"]);
  expect(marks(1, 2)).toEqual(["🎓🎓"]);
});

test("markup of unknown or broken kinds is left out, and what is out of bounds is cut or dropped", () => {
  const odd = [
    { type: "sparkling", from: 0, length: 2 },
    { type: "constructor", from: 0, length: 2 },
    { type: "__proto__", from: 0, length: 2 },
    { type: "link", from: 0, length: 2 },
    { type: "strong", from: "0", length: 2 },
    { from: 0, length: 2 },
    null,
    7,
    { type: "strong", from: -2, length: 4 },
    { type: "strong", from: 2, length: 1000 },
    { type: "strong", from: 3, length: -2 },
    { type: "strong", from: 9, length: 1 },
  ];
  const { marks } = post(message(body("слово", { markup: odd }))).body;
  expect(marks.map((m) => [m.start, m.end])).toEqual([
    [0, 2],
    [2, 5],
  ]);
  expect(post(message(body("слово", { markup: "none" }))).body.text).toBe("слово");
});

test("whatever the markup, the text is unchanged and every mark lies within it, at the borders of characters", () => {
  const known = ["strong", "emphasized", "link", "quote", "user_mention", "highlighted", "toString", "x"];
  const element = fc.record({
    type: fc.constantFrom(...known),
    from: fc.oneof(fc.integer({ min: -5, max: 40 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    length: fc.oneof(fc.integer({ min: -5, max: 40 }), fc.double({ noNaN: true, noDefaultInfinity: true })),
    url: fc.webUrl(),
  });
  const text = fc.string({ unit: fc.constantFrom("а", "b", "🎓", "é", " ", "👩‍💻"), maxLength: 20 });
  fc.assert(
    fc.property(text, fc.array(element, { maxLength: 12 }), (given, markup) => {
      const read = post(message(body(given, { markup }))).body;
      return (
        read.text === given &&
        read.marks.every(
          ({ start, end }) =>
            Number.isInteger(start) &&
            Number.isInteger(end) &&
            0 <= start &&
            start < end &&
            end <= given.length &&
            given.slice(start, end).isWellFormed(),
        )
      );
    }),
    { seed: 2026, numRuns: 200 },
  );
});

test("every kind of attachment is read; a new kind, or one that is broken, is unknown and never left out", () => {
  const payload = { url: "https://media.example/1", token: "t1" };
  const read = attachments(
    { type: "image", payload: { ...payload, photo_id: 9_100_000_000_000 } },
    {
      type: "video",
      payload,
      width: 1280,
      height: 720,
      duration: 12,
      thumbnail: { url: "https://media.example/t" },
    },
    { type: "audio", payload, transcription: "слова" },
    { type: "file", payload, filename: "план.pdf", size: 4_000_000_000 },
    { type: "sticker", payload: { url: payload.url, code: "s1" }, width: 512, height: 512 },
    { type: "contact", payload: { vcf_info: "BEGIN:VCARD", max_info: { user_id: 5, first_name: "Т" } } },
    { type: "share", payload: { url: "https://example.org/", token: null }, title: "t", description: null },
    { type: "location", latitude: 59.9, longitude: 30.3 },
    {
      type: "inline_keyboard",
      payload: {
        buttons: [
          [
            { type: "link", text: "Записаться", url: "https://example.org/" },
            { type: "callback", text: "x", payload: "p" },
          ],
          [{ type: "teleport", text: "y" }, null],
        ],
      },
    },
    { type: "hologram", payload: { deep: [1] } },
    { type: "image" },
    { type: "location", latitude: "north" },
    "file",
    null,
  );
  expect(read.map((a) => (a.type === "media" ? a.kind : a.type))).toEqual([
    ...["image", "video", "audio", "file", "sticker", "contact", "share", "location", "buttons"],
    ...["unknown", "unknown", "unknown", "unknown", "unknown"],
  ]);
  expect(read[3]).toMatchObject({ name: "план.pdf", size: 4_000_000_000 });
  expect(read[6]).toEqual({ type: "share", url: "https://example.org/", title: "t" });
  expect(read[8]).toEqual({ type: "buttons", links: [{ text: "Записаться", url: "https://example.org/" }] });
  expect(JSON.stringify(read[5])).toBe('{"type":"contact"}');
});

test("an attachment is the same for as long as it is the same, though its link changes", () => {
  const identity = (payload: object) => {
    const [a] = attachments({ type: "image", payload });
    return a?.type === "media" ? a.identity : null;
  };
  const one = { photo_id: 1, token: "a", url: "https://media.example/1?sig=1" };
  expect(identity({ ...one, token: "b", url: "https://media.example/1?sig=2" })).toBe(identity(one));
  expect(identity({ ...one, photo_id: 2 })).not.toBe(identity(one));
});

test("a reply names what it answers; a forward brings its content, whether the outer body is empty or not there", () => {
  const linked = { mid: "mid.other", seq: 1, text: "чужое", attachments: [{ type: "hologram" }] };
  const reply = post(message(body("ответ"), { link: { type: "reply", message: linked } }));
  expect([reply.replyTo, reply.forward, reply.body.text]).toEqual(["mid.other", undefined, "ответ"]);
  const link = { type: "forward", chat_id: -5, sender: { user_id: 1 }, message: linked };
  for (const outer of [
    body("", { attachments: [] }),
    body("", { attachments: null, markup: null }),
    null,
    undefined,
  ]) {
    const read = post(message(outer, { link }));
    expect(read.forward?.body.text).toBe("чужое");
    expect(read.forward?.attachments).toEqual([{ type: "unknown" }]);
    expect([read.body.text, read.attachments, read.replyTo]).toEqual(["", [], undefined]);
  }
  expect(post(message(body("своё"), { link })).body.text).toBe("своё");
});

test("a message without a body has an id of its own, the same whenever it is seen", () => {
  const link = (text: string) => ({ type: "forward", message: { mid: "mid.other", seq: 1, text } });
  const id = (over: object) => post(message(null, over)).foreignId;
  expect(id({ link: link("раз") })).toBe(id({ link: link("два"), stat: { views: 9 } }));
  expect(id({ link: link("раз"), timestamp: AT + 1 })).not.toBe(id({ link: link("раз") }));
  const bare = post(message(null));
  expect(bare.attachments).toEqual([{ type: "unknown" }]);
});

test("a post without anything that can be shown, or with a link of a new kind, gets a placeholder", () => {
  expect(post(message(body(""))).attachments).toEqual([{ type: "unknown" }]);
  const quote = { type: "quote", message: { mid: "mid.other", text: "x" } };
  const read = post(message(body("слова"), { link: quote }));
  expect([read.body.text, read.attachments]).toEqual(["слова", [{ type: "unknown" }]]);
  expect(post(message(body("слова"), { link: "odd" })).attachments).toEqual([{ type: "unknown" }]);
  expect(post(message(body("слова"), { link: null })).attachments).toEqual([]);
});

test("ids beyond 2^53 are taken digit for digit", () => {
  const text = `{"update_type":"message_created","timestamp":${AT},"message":{"sender":{"user_id":9007199254740993,"first_name":"Т"},
    "recipient":{"chat_id":-9223372036854775807,"chat_type":"channel"},"timestamp":${AT},
    "body":{"mid":"mid.1","seq":116329890167999364,"text":"a","attachments":[
      {"type":"image","payload":{"photo_id":9100000000000000001,"token":"t","url":"https://media.example/1"}}]}}}`;
  const channel = ChannelId.parse("-9223372036854775807");
  const { event } = decodeUpdate(parseJson(text), new Set([channel]), LATEST);
  if (event.type !== "posted") throw new Error(event.type);
  expect([event.post.channel, event.post.sender]).toEqual([channel, "9007199254740993"]);
  expect(event.post.attachments[0]).toMatchObject({ identity: "image:9100000000000000001" });
  expect(parseJson("[9007199254740993,-9007199254740993,1.5,1e3,9007199254740991]")).toEqual([
    "9007199254740993",
    "-9007199254740993",
    1.5,
    1000,
    9007199254740991,
  ]);
});

test("a sender that cannot be read is somebody, never the channel itself", () => {
  const sender = (value: unknown) => post(message(body("a"), { sender: value })).sender;
  expect([sender(null), sender(undefined)]).toEqual([null, null]);
  for (const odd of [{}, { user_id: null }, { user_id: "x y" }, 5, "имя", []]) expect(sender(odd)).toBe("?");
  expect(sender({ user_id: 5 })).toBe("5");
});

test("posts of other chats, comments, and all that is no announcement are passed over", () => {
  const created = (over: object) => ({
    update_type: "message_created",
    timestamp: AT,
    message: message(body("a"), over),
  });
  const code = (value: unknown) => {
    const { event } = update(value);
    return event.type === "skipped" ? event.code : event.type;
  };
  expect(code(created({}))).toBe("posted");
  expect(code(created({ recipient: { chat_id: 182_182_182, chat_type: "dialog", user_id: 5 } }))).toBe(
    "other_chat",
  );
  for (const kind of ["created", "edited"])
    expect(code({ ...created({}), update_type: `comment_${kind}` })).toBe("no_announcement");
  const removed = { timestamp: AT, message_id: "mid.1", chat_id: Number(CHAT), user_id: 5, post_id: "mid.0" };
  expect(code({ ...removed, update_type: "comment_removed" })).toBe("no_announcement");
  expect(code({ ...removed, update_type: "message_removed" })).toBe("removed");
  expect(code({ ...removed, update_type: "message_removed", chat_id: -1 })).toBe("other_chat");
  expect(code({ update_type: "weather_changed", timestamp: AT })).toBe("unknown_update");
  for (const odd of [null, 5, "x", [], {}, { update_type: 5 }]) expect(code(odd)).toBe("odd_update");
});

test("a post that cannot be read makes its channel be looked at anew, and so does a change of the bot's rights", () => {
  const looks = (value: unknown) => update(value).access;
  const odd = { update_type: "message_created", timestamp: AT, message: { body: {} } };
  expect([looks(odd), looks({ update_type: "message_removed", timestamp: AT })]).toEqual([true, true]);
  for (const type of ["bot_added", "bot_removed", "bot_admin_permissions_changed"]) {
    expect(looks({ update_type: type, timestamp: AT, chat_id: Number(CHAT) })).toBe(true);
    expect(looks({ update_type: type, timestamp: AT, chat_id: 1 })).toBe(false);
  }
});

test("no update claims to be later than MAX's own time, and no edit to be older than its post", () => {
  const edited = (timestamp: number) =>
    update({ update_type: "message_edited", timestamp, message: message(body("a")) }).event;
  expect(edited(AT + 5)).toMatchObject({ type: "edited", at: AT + 5 });
  expect(edited(AT - 5)).toMatchObject({ type: "edited", at: AT });
  expect(edited(8e15)).toMatchObject({ type: "edited", at: LATEST });
  expect(edited(Number.NaN)).toMatchObject({ type: "edited", at: AT });
});

test("nothing that comes from outside makes decoding throw", () => {
  const anything = fc.json({ maxDepth: 4 }).map((text): unknown => parseJson(text));
  const near = fc.record(
    {
      update_type: fc.constantFrom("message_created", "message_edited", "message_removed", "bot_added", "x"),
      timestamp: fc.oneof(fc.integer(), anything),
      chat_id: fc.oneof(fc.constant(Number(CHAT)), anything),
      message_id: fc.oneof(fc.string({ maxLength: 600 }), anything),
      message: fc.oneof(
        anything,
        fc.record(
          {
            recipient: fc.oneof(fc.constant({ chat_id: Number(CHAT) }), anything),
            timestamp: fc.oneof(fc.double(), fc.constant(AT)),
            sender: anything,
            link: fc.oneof(
              anything,
              fc.record({ type: fc.constantFrom("forward", "reply", "x"), message: anything }),
            ),
            body: fc.oneof(
              anything,
              fc.record({
                mid: fc.string({ maxLength: 600 }),
                text: anything,
                attachments: fc.array(anything),
                markup: fc.array(anything),
              }),
            ),
          },
          { requiredKeys: ["recipient", "timestamp"] },
        ),
      ),
    },
    { requiredKeys: ["update_type"] },
  );
  fc.assert(
    fc.property(fc.oneof(near, anything), (value) => {
      update(value);
    }),
    { seed: 2026, numRuns: 400 },
  );
  const incomparable = { length: { valueOf: 1, toString: 1 } };
  for (const value of [
    incomparable,
    { update_type: "message_removed", timestamp: AT, message_id: incomparable },
  ])
    update(value);
  const odd = message({ ...body("a"), mid: incomparable });
  update({ update_type: "message_created", timestamp: AT, message: odd });
});
