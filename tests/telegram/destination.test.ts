import { expect, test } from "vitest";
import { answerHeld, heldOf } from "../../adapters/telegram/held.ts";
import { ChatId } from "../../adapters/telegram/ids.ts";
import { accepted, edited, mapping, media, open, post, posted, ROOM, removed, soon } from "../core.helper.ts";
import { bodyOf, run, settled, type World, world } from "./room.helper.ts";
import { CHANNEL_CHAT, chatIn } from "./simulated.helper.ts";

const file = (w: World, ref: string, bytes = `%PDF-1.4 ${ref}`) => {
  w.source.files.set(ref, () => open(Buffer.from(bytes)));
  return media(ref);
};
const forms = (w: World) =>
  w.shown().map((m) => (m.content.kind === "media" ? m.content.media.form : m.content.kind));
const calls = (w: World) => w.telegram.journal.entries.map((e) => e.method);
const replies = [mapping({ edits: "announce" })];

test("a post is one message with a button of its own; an edit changes it in place and keeps the button", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Экзамен в 10:00")), posted(post(2, "Второй")));
  await settled(w);
  const before = w.shown().map((m) => m.markup);
  expect(new Set(before.map((m) => JSON.stringify(m))).size).toBe(2);
  w.source.tell(edited(1, "Экзамен в 12:00", 1_000));
  await settled(w);
  expect(w.bodies()).toEqual(["Экзамен в 12:00", "Второй"]);
  expect(w.shown().map((m) => m.markup)).toEqual(before);
  await runtime.stop();
});

test("the short line of an edit answers the post, and rings", async () => {
  const w = await world({ mappings: replies });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Экзамен 3 ноября в 10:00, аудитория 305")));
  await settled(w);
  w.source.tell(edited(1, "Экзамен 4 ноября в 12:00, аудитория 101", 60_000));
  await settled(w);
  const [first, line] = w.shown();
  expect(line?.replyTo).toBe(first?.id);
  expect(line?.silent).toBe(false);
  await runtime.stop();
});

test("files come as an album under the text's caption, and stay together", async () => {
  const w = await world();
  const runtime = run(w);
  const attachments = ["a", "b", "c"].map((ref) => file(w, ref));
  w.source.tell(posted(post(1, "Билеты", { attachments })));
  await settled(w);
  expect(w.bodies()).toEqual(["Билеты", "", ""]);
  expect(forms(w)).toEqual(["document", "document", "document"]);
  expect(new Set(w.shown().map((m) => m.album)).size).toBe(1);
  expect(w.shown()[0]?.markup).toBeNull();
  await runtime.stop();
});

test("a file that an edit exchanges is exchanged in its message", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Билеты", { attachments: [file(w, "a")] })));
  await settled(w);
  const [before] = w.shown();
  w.source.tell(edited(1, "Билеты, исправлено", 1_000, { attachments: [file(w, "b", "%PDF-1.4 other")] }));
  await settled(w);
  const [after, ...others] = w.shown();
  expect(others).toEqual([]);
  expect(after?.id).toBe(before?.id);
  expect(after?.content).toMatchObject({ kind: "media", body: { text: "Билеты, исправлено" } });
  const head = after?.content.kind === "media" ? after.content.media.file.head : new Uint8Array(0);
  expect(Buffer.from(head).toString()).toBe("%PDF-1.4 other");
  await runtime.stop();
});

test("a late file answers its post without ringing", async () => {
  const w = await world();
  let there = false;
  w.source.files.set("slow", () =>
    there ? open(Buffer.from("%PDF-1.4 late")) : { kind: "retry", at: w.clock.now() + 5_000 },
  );
  const runtime = run(w);
  w.source.tell(posted(post(1, "Билеты", { attachments: [media("slow")] })));
  await accepted(w);
  await soon(() => {
    w.clock.advance(1_000);
    expect(w.bodies()).toHaveLength(1);
  });
  expect(w.bodies()[0]).toContain("появится здесь позже");
  there = true;
  await soon(() => {
    w.clock.advance(1_000);
    expect(w.bodies()).toHaveLength(2);
  });
  await settled(w);
  const [first, late] = w.shown();
  expect(late).toMatchObject({ replyTo: first?.id, silent: true });
  expect(w.bodies()[0]).toBe("Билеты");
  await runtime.stop();
});

test("an announcement is pinned where the mapping says so, and no longer when it is struck through", async () => {
  const rights = ["can_post_messages", "can_edit_messages"] as const;
  const w = await world({
    rights,
    mappings: [mapping({ pin: [{ kind: "hashtag", tag: "#важно" }], removals: "strike" })],
  });
  w.now.probe = false;
  const runtime = run(w);
  w.source.tell(posted(post(1, "#важно Экзамен")));
  await settled(w);
  expect(w.chat.pinned).toEqual([w.shown()[0]?.id]);
  w.source.tell(removed(1));
  await settled(w);
  expect(w.chat.pinned).toEqual([]);
  const [first] = w.shown();
  const entities = first?.content.kind === "text" ? first.content.body.entities : [];
  expect(entities.map((e) => e.type)).toContain("strikethrough");
  await runtime.stop();
});

test("an edit of what an admin of the chat deleted posts nothing again", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Первый")), posted(post(2, "Второй")));
  await settled(w);
  const [first] = w.shown();
  if (first !== undefined) w.telegram.world.remove(w.chat, first, 1);
  w.source.tell(edited(1, "Первый, исправлен", 1_000));
  await settled(w);
  expect(w.bodies()).toEqual(["Второй"]);
  await runtime.stop();
});

test("a file that Telegram does not take is sent as a plain one, else told in a line", async () => {
  const w = await world();
  const runtime = run(w);
  const fault = {
    kind: "status",
    status: 400,
    description: "Bad Request: PHOTO_INVALID_DIMENSIONS",
  } as const;
  w.telegram.faults.plan({ method: "send*", times: 3, fault });
  w.source.tell(posted(post(1, "Билеты", { attachments: [file(w, "a")] })));
  w.telegram.faults.clear();
  const large = { kind: "status", status: 413, description: "Request Entity Too Large" } as const;
  w.telegram.faults.plan({ method: "sendDocument", times: 2, fault: large });
  await settled(w);
  expect(forms(w)).toEqual(["text"]);
  expect(w.bodies()[0]).toMatch(/^Билеты\n\n\[Файл .*не принял/u);
  await runtime.stop();
});

test("an edit reaches the line that stands for a file which Telegram did not take", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  const large = { kind: "status", status: 413, description: "Request Entity Too Large" } as const;
  w.telegram.faults.plan({ method: "sendDocument", times: 2, fault: large });
  w.source.tell(posted(post(1, "Экзамен в 10:00", { attachments: [file(w, "a")] })));
  await settled(w);
  w.source.tell(edited(1, "Экзамен в 12:00", 1_000, { attachments: [file(w, "a")] }));
  await settled(w);
  expect(w.bodies()).toHaveLength(1);
  expect(w.bodies()[0]).toMatch(/^Экзамен в 12:00\n\n\[Файл .*не принял/u);
  await runtime.stop();
});

test("a file that comes late leaves the text where it stands, above which file it is", async () => {
  const w = await world();
  let there = false;
  w.source.files.set("slow", () =>
    there ? open(Buffer.from("%PDF-1.4 slow")) : { kind: "retry", at: w.clock.now() + 5_000 },
  );
  const runtime = run(w);
  w.source.tell(posted(post(1, "Билеты", { attachments: [media("slow"), file(w, "b")] })));
  await accepted(w);
  await soon(() => {
    w.clock.advance(1_000);
    expect(w.shown()).toHaveLength(1);
  });
  const [first] = w.shown();
  there = true;
  await settled(w);
  await soon(() => {
    w.clock.advance(1_000);
    expect(w.shown()).toHaveLength(2);
  });
  await settled(w);
  expect(w.bodies()).toEqual(["Билеты", ""]);
  expect(w.shown()[0]?.id).toBe(first?.id);
  await runtime.stop();
});

test("a text that is longer than a caption stands above its file, and stays a text when it becomes short", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  const long = "Слово ".repeat(200).trim();
  w.source.tell(posted(post(1, long, { attachments: [file(w, "a")] })));
  await settled(w);
  expect(forms(w)).toEqual(["text", "document"]);
  expect(w.bodies()).toEqual([long, ""]);
  expect(w.shown()[1]).toMatchObject({ replyTo: w.shown()[0]?.id, silent: true });
  w.source.tell(edited(1, "Коротко", 1_000, { attachments: [file(w, "a")] }));
  await settled(w);
  expect(w.bodies()).toEqual(["Коротко", ""]);
  await runtime.stop();
});

test("a caption that grows too long stays as far as it fits, and goes on below", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Коротко", { attachments: [file(w, "a")] })));
  await settled(w);
  const long = "Слово ".repeat(200).trim();
  w.source.tell(edited(1, long, 1_000, { attachments: [file(w, "a")] }));
  await settled(w);
  expect(forms(w)).toEqual(["document", "text"]);
  expect(w.bodies().join(" ")).toBe(long);
  expect(w.bodies()[0]?.length).toBeLessThanOrEqual(1_024);
  await runtime.stop();
});

test("what a chat took stays noted as that chat's, though the room moves before it is noted", async () => {
  const moved = ChatId.parse(-1_001_000_000_002);
  let moving = false;
  const w = await world({
    failpoints(name) {
      if (moving && name === "event.after") w.now.place = moved;
    },
  });
  const runtime = run(w);
  moving = true;
  w.source.tell(posted(post(1, "Первый")));
  await settled(w);
  moving = false;
  const [first] = w.shown();
  const noted = w.keep.places("").map((at) => JSON.stringify(w.keep.get(at)));
  expect(noted.some((one) => one.includes(String(first?.id)) && one.includes(String(CHANNEL_CHAT)))).toBe(
    true,
  );
  expect(noted.every((one) => !one.includes(String(moved)))).toBe(true);
  await runtime.stop();
});

test("where the admin is asked, the lane waits for the answer, also after a restart", async () => {
  const w = await world();
  w.now.probe = false;
  w.now.unsure = "hold";
  w.restart();
  let runtime = run(w);
  w.telegram.faults.plan({ method: "sendMessage", fault: { kind: "accepted_then_dropped" } });
  w.source.tell(posted(post(1, "Первый")), posted(post(2, "Второй")));
  await soon(() => {
    w.clock.advance(1_000);
    expect(heldOf(w.keep, ROOM)).not.toBeNull();
  });
  await runtime.stop();
  w.restart();
  runtime = run(w);
  expect(w.destination.held?.()).toBe(true);
  expect(w.bodies()).toEqual(["Первый"]);
  expect(answerHeld(w.keep, ROOM, "arrived")).toBe(true);
  runtime.wake();
  await settled(w);
  expect(w.bodies()).toEqual(["Первый", "Второй"]);
  expect(answerHeld(w.keep, ROOM, "missing")).toBe(false);
  await runtime.stop();
});

test("a post whose answer was lost is found by its button among those of others", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "Первый")));
  await settled(w);
  w.telegram.settings.interleaveChance = 0.5;
  w.telegram.faults.plan({ method: "sendMessage", fault: { kind: "accepted_then_dropped" } });
  w.telegram.faults.plan({ method: "editMessageReplyMarkup", fault: { kind: "dropped" } });
  w.source.tell(posted(post(2, "Второй")));
  await settled(w);
  expect(
    w
      .shown()
      .filter((m) => m.author.isBot)
      .map(bodyOf),
  ).toEqual(["Первый", "Второй"]);
  expect(calls(w)).toContain("editMessageReplyMarkup");
  expect(w.now.changed).toBe(0);
  await runtime.stop();
});

test("what was there after all, beyond ids that nobody has, is not there twice", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "Первый")));
  await settled(w);
  w.chat.lastId += 4;
  w.telegram.faults.plan({ method: "sendMessage", fault: { kind: "accepted_then_dropped" } });
  w.source.tell(posted(post(2, "Второй")));
  await settled(w);
  expect(w.bodies()).toEqual(["Первый", "Второй"]);
  expect(calls(w).filter((m) => m === "deleteMessage")).toHaveLength(1);
  await runtime.stop();
});

test("where the bot may edit what others post, nothing is looked for", async () => {
  const w = await world({ rights: ["can_post_messages", "can_edit_messages"] });
  w.now.probe = false;
  const runtime = run(w);
  w.telegram.faults.plan({ method: "sendMessage", fault: { kind: "accepted_then_dropped" } });
  w.source.tell(posted(post(1, "Первый")));
  await settled(w);
  expect(w.bodies()).toEqual(["Первый", "Первый"]);
  expect(calls(w)).not.toContain("editMessageReplyMarkup");
  expect(w.shown().every((m) => m.markup === null)).toBe(true);
  await runtime.stop();
});

test("in another chat an edit is posted anew, since what stood in the old one is out of reach", async () => {
  const w = await world({ mappings: [mapping({ edits: "replace" })] });
  const runtime = run(w);
  w.source.tell(posted(post(1, "Первый")));
  await settled(w);
  const place = ChatId.parse(-1_001_000_000_777);
  const other = chatIn(w.telegram, place);
  w.now.place = place;
  w.source.tell(edited(1, "Первый, исправлен", 1_000));
  await settled(w);
  expect([...other.messages.values()].map(bodyOf)).toEqual(["Первый, исправлен"]);
  expect(w.bodies()).toEqual(["Первый"]);
  await runtime.stop();
});

test("nothing of a text, a file or a link is in what is kept over restarts", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "Канарейка", { attachments: [file(w, "a")] })));
  await settled(w);
  const kept = JSON.stringify(w.keep.get(`progress/${ROOM}`));
  expect(kept).not.toMatch(/Канарейка|pdf|telegram\.org|media\./u);
  await runtime.stop();
});

for (const [times, how] of [
  [1, "is fetched anew and comes with its post"],
  [2, "is told as late and follows"],
] as const)
  test(`a file whose spooled bytes are lost ${times} times ${how}`, async () => {
    const w = await world();
    const runtime = run(w);
    w.now.lost = times;
    w.source.tell(posted(post(1, "Билеты", { attachments: [file(w, "a")] })));
    await settled(w);
    await soon(() => {
      w.clock.advance(1_000);
      expect(forms(w)).toContain("document");
    });
    await settled(w);
    expect(forms(w).filter((form) => form === "document")).toHaveLength(1);
    expect(w.bodies().join("")).toBe("Билеты");
    await runtime.stop();
  });
