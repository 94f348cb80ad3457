import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { parseJson } from "../../adapters/max-bot/json.ts";
import { decodeUpdate } from "../../adapters/max-bot/updates.ts";
import { Chat, Member, Message, Updates } from "../../adapters/max-bot/wire.ts";
import { ChannelId } from "../../bridge/model/ids.ts";
import { JsonObject, parseJson as parseExact } from "../../simulators/max/json.ts";
import { channelPlan, follow, maxWorld, stub } from "./max-bot.helper.ts";

const folder = path.resolve(import.meta.dirname, "../../../shared/max/recorded");
const here = existsSync(folder);
if (!here) console.log("skipped: ../shared/max is not here, so recorded payloads are not read");

const files = here ? readdirSync(folder) : [];
const text = (file: string) => readFileSync(path.join(folder, file), "utf8");
const json = (file: string): unknown => parseJson(text(file));

const group = ChannelId.parse("-70801090403050");
const dialog = ChannelId.parse("182182182");
const mapped = new Set([group, dialog]);
const LATEST = Date.UTC(2030, 0, 1);

/** What each recorded update is to the core. */
const meant: Readonly<Record<string, string>> = {
  bot_added: "skipped access_changed",
  bot_removed: "skipped access_changed",
  message_created: "posted",
  message_edited: "edited",
  message_removed: "removed",
};

describe.runIf(here)("payloads recorded from MAX", () => {
  const updates = files.filter((file) => file.startsWith("update."));

  test.each(updates)("%s decodes", (file) => {
    const page = Updates.parse(json(file));
    expect(page.marker).toBe("25493970");
    expect(page.updates).toHaveLength(1);
    const { event } = decodeUpdate(page.updates[0], mapped, LATEST);
    const kind = file.split(".")[1] ?? "";
    expect(event.type === "skipped" ? `skipped ${event.code}` : event.type).toBe(
      meant[kind] ?? "skipped no_announcement",
    );
  });

  test("the recorded post is a forward, its own words and those it forwards are kept", () => {
    const { event } = decodeUpdate(
      Updates.parse(json("update.message_created.json")).updates[0],
      mapped,
      LATEST,
    );
    expect(event).toMatchObject({
      type: "posted",
      post: {
        channel: group,
        foreignId: "mid.ffffbdb48e6c3775019d496b34394b84",
        sender: "123456789",
        body: { text: "..." },
        forward: { body: { text: "Лада седан - баклажан" }, attachments: [] },
      },
    });
  });

  test("chats, memberships and pinned messages decode", () => {
    for (const file of ["chat-path-result.json", "get-chat-by-id.json"])
      expect(Chat.parse(json(file))).toMatchObject({ type: "chat", status: "active" });
    expect(Chat.parse(json("dialog-with-user.json")).type).toBe("dialog");
    const List = z.object({ members: z.array(Member) });
    const members = ["get-admins.json", "get-members.json"].flatMap((file) => List.parse(json(file)).members);
    for (const member of [...members, Member.parse(json("get-membership.json"))]) {
      expect(member.is_admin).toBe(true);
      expect(member.permissions).toContain("read_all_messages");
    }
    const pinned = z.object({ message: Message }).parse(json("get-pin-message.json")).message;
    expect(pinned.mid).toBe("mid.sha-more");
  });

  test("errors and everything else are JSON that loses no digit", () => {
    const big = files.flatMap((file) => text(file).match(/\b\d{17,}\b/g) ?? []);
    expect(big.length).toBeGreaterThan(5);
    const read = files.map((file) => JSON.stringify(json(file))).join();
    for (const digits of big) expect(read).toContain(`"${digits}"`);
  });

  test("no payload is left out of these tests", () => {
    const named = readFileSync(import.meta.filename, "utf8");
    const known = (file: string) =>
      updates.includes(file) || named.includes(`"${file}"`) || /^(error\.|botInfo|get-chats)/.test(file);
    expect(files.filter((file) => !known(file))).toEqual([]);
  });

  test("a self-check over recorded answers finds the bot ready", async () => {
    const world = await maxWorld();
    const answers: Readonly<Record<string, string>> = {
      "/me": "botInfo.ok.json",
      "/chats/-70000000000005": "get-chat-by-id.json",
      "/chats/-70000000000005/members/me": "get-membership.json",
    };
    const { url } = await stub((asked) => ({
      text: text(answers[asked.pathname] ?? "error.invalid-token.json"),
    }));
    const source = world.source({ baseUrl: url, channels: [channelPlan("-70000000000005")] });
    const findings = await source.check(new AbortController().signal);
    expect(findings.map((f) => f.code)).toEqual(["token_accepted", "channel_readable"]);
    const { url: refusing } = await stub(() => ({ status: 401, text: text("error.invalid-token.json") }));
    const refused = await world.source({ baseUrl: refusing }).check(new AbortController().signal);
    expect(refused).toEqual([{ ok: false, code: "token_refused" }]);
  });

  test("the recorded updates, played by the simulator, arrive over HTTP as what they are", async () => {
    const world = await maxWorld();
    const { control } = world;
    const channels = [channelPlan(group), channelPlan(dialog)];
    for (const { channel } of channels)
      if (channel !== world.channel)
        control.createChannel({ chatId: channel, type: "dialog", announce: false });
    const told = await world.started({ channels });
    const Recorded = z.object({ updates: z.array(JsonObject) });
    const order = ["created", "edited", "removed"].map((kind) => `update.message_${kind}.json`);
    for (const file of [...updates.filter((f) => !order.includes(f)), ...order])
      for (const update of Recorded.parse(parseExact(text(file))).updates) control.replay({ update });
    await world.until(() => told.events().some((e) => e.type === "removed"));
    const kinds = told
      .events()
      .flatMap((e) => (e.type === "skipped" || !("at" in e) || e.type === "baseline" ? [] : [e.type]));
    expect(kinds.filter((k) => k !== "snapshot")).toEqual(["posted", "edited", "removed"]);
    expect(told.troubles()).toEqual([]);
    const skipped = told.events().flatMap((e) => (e.type === "skipped" ? [e.code] : []));
    expect(new Set(skipped)).toEqual(new Set(["access_changed", "no_announcement"]));
  });
});

describe("payloads of our own, written from the facts", () => {
  test("a channel's post, an edit and a removal, with members nobody knows yet", async () => {
    const world = await maxWorld();
    const told = follow(world.source());
    await world.until(() => told.events().some((e) => e.type === "baseline"));
    world.clock.advance(2000);
    const at = world.clock.now();
    const message = (words: string) => ({
      recipient: { chat_id: BigInt(world.chatId), chat_type: "channel", post_id: null },
      timestamp: at,
      sender: null,
      link: null,
      body: {
        mid: "mid.own",
        seq: 116_329_890_167_999_364n,
        text: words,
        attachments: null,
        markup: null,
        mood: "new",
      },
      stat: { views: 3 },
      url: null,
      novelty: { deep: [1, null] },
    });
    const { control } = world;
    control.replay({
      update: { update_type: "message_created", timestamp: at, message: message("раз"), novelty: 1 },
    });
    control.replay({ update: { update_type: "message_edited", timestamp: at + 1, message: message("два") } });
    control.replay({
      update: {
        update_type: "message_removed",
        timestamp: at + 2,
        message_id: "mid.own",
        chat_id: BigInt(world.chatId),
        user_id: 5,
        post_id: "mid.own",
      },
    });
    await world.until(() => told.events().some((e) => e.type === "removed"));
    const seen = told.events().flatMap((e) => ("post" in e ? [`${e.type} ${e.post.body.text}`] : [e.type]));
    expect(seen).toEqual(["baseline", "posted раз", "edited два", "removed"]);
  });
});
