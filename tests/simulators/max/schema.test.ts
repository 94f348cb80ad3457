import { describe, expect, test } from "vitest";
import { startMax } from "./max.helper.ts";
import { type Answered, hasSchema, openApi } from "./openapi.helper.ts";

if (!hasSchema)
  console.log("skipped: ../shared/max is not here, so the simulator is not compared with MAX's schema");

type Mode = "omit" | "null";

/** A simulator with everything that can stand in its answers, and a way to ask that notes each answer. */
async function everything(absent: Mode) {
  const { max, control, ask } = await startMax({ settings: { absent } });
  const answers: Answered[] = [];
  const note = async (target: string, init: RequestInit = {}) => {
    const { status, text } = await ask(target, init);
    const path = new URL(target, max.url).pathname;
    const body: unknown = JSON.parse(text);
    answers.push({ method: init.method ?? "GET", path, status, body });
    return body;
  };
  const { chatId } = control.createChannel({
    title: "Расписание",
    description: "Факультет",
    link: "faculty",
  });
  const group = control.createChannel({ type: "chat", title: "Старосты" }).chatId;
  const dialog = control.createChannel({ type: "dialog" }).chatId;
  const closed = control.createChannel({ bot: { admin: false } }).chatId;
  const left = control.createChannel({ bot: { member: false } }).chatId;
  const add = () => control.addMedia({ generated: { size: 100 } }).mediaId;
  return { max, control, note, answers, chatId, group, dialog, closed, left, add };
}

const plainMarkup = [
  "strong",
  "emphasized",
  "monospaced",
  "strikethrough",
  "underline",
  "heading",
  "highlighted",
];
const markup = [
  ...[...plainMarkup, "quote"].map((type, i) => ({ type, from: i, length: 4 })),
  { type: "link", from: 0, length: 3, url: "https://example.org/" },
  { type: "user_mention", from: 2, length: 3, user_link: "@someone", user_id: 5 },
];
const buttons = [
  [
    { type: "callback", text: "a", payload: "p" },
    { type: "link", text: "b", url: "https://example.org/" },
  ],
  [
    { type: "request_contact", text: "c" },
    { type: "request_geo_location", text: "d", quick: true },
    { type: "open_app", text: "e", web_app: "bot" },
    { type: "message", text: "f" },
    { type: "clipboard", text: "g", payload: "p" },
  ],
];

type World = Awaited<ReturnType<typeof everything>>;

/** Publishes every kind of post in a chat. Answers a post with a video. */
function publishAll({ control, add }: World, chatId: string): string {
  const text = "Экзамен 🎓 переносится";
  const { mid } = control.publish({ chatId, text, markup, views: 3 });
  control.publish({
    chatId,
    text: "",
    attachments: [
      { type: "image", media: add() },
      { type: "audio", media: add(), transcription: "слова" },
      { type: "audio", media: add() },
      { type: "file", media: add(), filename: "план.pdf" },
      { type: "sticker", media: add() },
      { type: "contact", vcf: "BEGIN:VCARD", hash: "h", user: { firstName: "Деканат" } },
      { type: "contact" },
      {
        type: "share",
        url: "https://example.org/",
        title: "t",
        description: "d",
        imageUrl: "https://example.org/i",
      },
      { type: "share" },
      { type: "location", latitude: 59.9, longitude: 30.3 },
      { type: "inline_keyboard", buttons },
    ],
  });
  control.publish({ chatId, text: "ответ", replyTo: mid });
  control.publish({ chatId, forward: { mid } });
  control.publish({ chatId, forward: { chatId: "-5", text, markup, sender: { firstName: "Деканат" } } });
  control.publish({ chatId, forward: { mid }, bodiless: true });
  control.edit({ mid, text: "Экзамен перенесён" });
  control.remove({ mid: control.publish({ chatId, text: "лишнее" }).mid });
  control.unknownEdit({ chatId, text: "?" });
  control.unknownRemoval({ chatId });
  control.pin({ chatId, mid });
  return control.publish({
    chatId,
    attachments: [
      {
        type: "video",
        media: add(),
        qualities: { mp4_1080: add(), mp4_144: add(), hls: add() },
        thumbnail: add(),
      },
      { type: "video", media: add() },
    ],
  }).mid;
}

const events = [
  "bot_started",
  "bot_stopped",
  "dialog_muted",
  "dialog_unmuted",
  "dialog_cleared",
  "dialog_removed",
];
const groupEvents = ["chat_title_changed", "user_added", "user_removed"] as const;

/** Asks for everything, so that every kind of answer was given. */
async function askAll(world: World): Promise<void> {
  const { control, note, chatId, group, dialog, closed, left } = world;
  const before = control.stats().updates.next;
  const posts = [chatId, group, dialog].map((id) => publishAll(world, id));
  for (const type of ["bot_started", "bot_stopped", "dialog_muted", "dialog_unmuted"] as const)
    control.event({ type, chatId: dialog, payload: "p" });
  for (const type of ["dialog_cleared", "dialog_removed"] as const) control.event({ type, chatId: dialog });
  for (const type of groupEvents) control.event({ type, chatId: group, title: "t" });
  control.event({ type: "message_callback", chatId, mid: posts[0], payload: "p" });
  control.event({ type: "message_callback", chatId });
  control.setBot({ chatId: left, member: true });
  control.setBot({ chatId: left, member: false });
  await note(`/updates?timeout=0&marker=${before}`);
  await note(`/updates?timeout=0&marker=${control.stats().updates.next}`);
  await note("/updates?timeout=0");
  await note("/me");
  for (const id of [chatId, group, dialog]) {
    await note(`/chats/${id}`);
    await note(`/chats/${id}/members/me`);
    await note(`/chats/${id}/members/admins`);
    await note(`/chats/${id}/pin`);
    await note(`/messages?chat_id=${id}`);
  }
  for (const mid of posts) await note(`/messages/${mid}`);
  await note(`/messages?message_ids=${posts.join(",")}`);
  await note("/messages?message_ids=mid.none");
  for (const token of videoTokens(world)) await note(`/videos/${token}`);
  control.set({ videoUrls: false });
  for (const token of videoTokens(world)) await note(`/videos/${token}`);
  await note(`/chats/${closed}`);
  await note(`/chats/${closed}/members/me`);
  await note(`/chats/${closed}/pin`);
  for (const id of [closed, left]) await note(`/messages?chat_id=${id}`);
  await errors(world);
}

function videoTokens({ answers }: World): readonly string[] {
  const text = JSON.stringify(answers.map((a) => a.body));
  return [
    ...new Set(
      [...text.matchAll(/"type":"video","payload":\{"url":"[^"]*","token":"([^"]+)"/g)].map(
        (m) => m[1] ?? "",
      ),
    ),
  ];
}

/** Every refusal and fault that is answered as JSON, and the subscriptions. */
async function errors({ control, note, chatId, left }: World): Promise<void> {
  await note("/me", { headers: { authorization: "other" } });
  await note("/me", { headers: {} });
  await note("/me?access_token=simulated-token");
  await note("/chats");
  await note("/chats/-1");
  await note(`/chats/${left}`);
  await note("/messages/mid.none");
  await note("/videos/none");
  await note("/messages");
  await note(`/messages?chat_id=${chatId}&count=0`);
  await note("/updates?limit=0");
  await note("/messages?chat_id=1", { method: "POST", headers: { authorization: "simulated-token" } });
  for (const status of [400, 401, 403, 404, 405, 500, 503] as const) {
    control.fault({ path: "/me", fault: { kind: "status", status } });
    await note("/me");
  }
  control.fault({ path: "/updates", fault: { kind: "rate_limit", retryAfter: 1 } });
  await note("/updates?timeout=0");
  const headers = { authorization: "simulated-token" };
  const subscribe = (body: string) => note("/subscriptions", { method: "POST", body, headers });
  await subscribe("{");
  await subscribe(JSON.stringify({ url: "http://hook.example/" }));
  await subscribe(JSON.stringify({ url: "https://hook.example/", update_types: ["message_created"] }));
  await subscribe(JSON.stringify({ url: "https://hook.example/all" }));
  await note("/subscriptions");
  await note("/updates?timeout=0");
  control.set({ pollingWithWebhook: "empty" });
  await note("/updates?timeout=0");
  for (const url of ["https://hook.example/", "https://hook.example/"])
    await note(`/subscriptions?url=${url}`, { method: "DELETE", headers });
}

describe.runIf(hasSchema)("compared with MAX's public schema", () => {
  test.each(["omit", "null"] as const)(
    "every answer is of its shape (absent members: %s)",
    async (absent) => {
      const world = await everything(absent);
      await askAll(world);
      const checker = openApi();
      const wrong = world.answers.flatMap((a) => {
        const problem = checker.answer(a);
        return problem === null ? [] : [`${a.method} ${a.path} ${a.status}: ${problem}`];
      });
      expect(wrong).toEqual([]);
      const text = JSON.stringify(world.answers.map((a) => a.body));
      const types = new Set([...text.matchAll(/"(?:update_type|type)":"(\w+)"/g)].map((m) => m[1]));
      const wanted = [
        ...plainMarkup,
        ...events,
        ...groupEvents,
        "link",
        "user_mention",
        "quote",
        "image",
        "video",
        "audio",
      ];
      wanted.push("file", "sticker", "contact", "share", "location", "inline_keyboard", "reply", "forward");
      wanted.push(
        "message_created",
        "message_edited",
        "message_removed",
        "message_callback",
        "bot_added",
        "bot_removed",
      );
      expect(wanted.filter((type) => !types.has(type))).toEqual([]);
      expect(new Set(world.answers.map((a) => a.status))).toEqual(
        new Set([200, 400, 401, 403, 404, 405, 429, 500, 503]),
      );
    },
  );

  test("with every member written, only what the schema contradicts itself about differs", async () => {
    const world = await everything("null");
    await askAll(world);
    const checker = openApi({ strict: true });
    const wrong = world.answers.flatMap((a) => (checker.answer(a) ?? "").split("\n"));
    // Not the errors that only say that one below them is wrong.
    const causes = wrong.filter((line) => line !== "" && !/must match|must be null/.test(line));
    expect([...new Set(causes.map((line) => line.replace(/^.*\/(\w+) must/, "$1 must")))].sort()).toEqual([
      "body must be object",
      "body must have required property 'link'",
      "message must have required property 'link'",
      "sender must be object",
    ]);
  });

  test("an answer that lacks a member, or has one of another type, is found", async () => {
    const { control, chatId, note, answers } = await everything("omit");
    control.publish({ chatId, text: "a", markup: [{ type: "strong", from: 0, length: 1 }] });
    await note(`/messages?chat_id=${chatId}`);
    const checker = openApi();
    const spoilt = (from: string | RegExp, to: string) => {
      const [good] = answers;
      if (good === undefined) throw new Error("no answer");
      const body: unknown = JSON.parse(JSON.stringify(good.body).replace(from, to));
      return checker.answer({ ...good, body });
    };
    expect(spoilt("", "")).toBeNull();
    expect(spoilt(/"mid":"[^"]*",/, "")).toContain("must have required property 'mid'");
    expect(spoilt(/"chat_id":(-?\d+)/, '"chat_id":"$1"')).toContain("must be integer");
    expect(spoilt('"length":1', '"length":"1"')).toContain("must be integer");
    expect(spoilt('"type":"strong"', '"type":"bold"')).toContain(
      "must be equal to one of the allowed values",
    );
    expect(spoilt('"chat_type":"channel"', '"chat_type":"feed"')).toContain("allowed values");
    expect(
      checker.value("Update", { update_type: "message_removed", timestamp: 1, chat_id: 1, user_id: 1 }),
    ).toContain("message_id");
    expect(checker.value("Attachment", { type: "image", payload: { url: "u", token: "t" } })).toContain(
      "photo_id",
    );
  });
});
