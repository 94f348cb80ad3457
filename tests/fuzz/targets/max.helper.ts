import { decode as decodeCursor, encode, gap, start } from "../../../adapters/max-bot/cursor.ts";
import { decodePost, mediaIn, Ref } from "../../../adapters/max-bot/decode.ts";
import { parseJson } from "../../../adapters/max-bot/json.ts";
import { decodeUpdate } from "../../../adapters/max-bot/updates.ts";
import {
  Chat,
  Member,
  Message,
  Messages,
  readStandIn,
  Updates,
  Video,
} from "../../../adapters/max-bot/wire.ts";
import { ChannelId, Cursor, MappingName, RoomName, SourceName } from "../../../bridge/model/ids.ts";
import type { Mapping } from "../../../bridge/model/mapping.ts";
import { attachmentKinds, type RawPost } from "../../../bridge/model/post.ts";
import type { RichText } from "../../../bridge/model/rich-text.ts";
import { freeze, revive, scrub } from "../../../bridge/pipeline/clean.ts";
import { route } from "../../../bridge/pipeline/policy.ts";
import { mutateBytes } from "../bytes.helper.ts";
import { mutateJson, spelled } from "../json.helper.ts";
import { hold, type Target } from "../target.helper.ts";

const CHAT = "-70801090403050";
const NOW = Date.UTC(2026, 10, 2, 9);

const mapping: Mapping = {
  name: MappingName.parse("all"),
  source: SourceName.parse("faculty"),
  channel: ChannelId.parse(CHAT),
  rooms: [RoomName.parse("room")],
  senders: [],
  include: [],
  exclude: [{ kind: "hashtag", tag: "реклама" }],
  urgent: [{ kind: "pattern", pattern: /срочно|экзамен/iu }],
  pin: [],
  attachments: [...attachmentKinds],
  largestFile: 98_566_144,
  edits: "announce",
  removals: "remove",
  timezone: "Europe/Moscow",
  backfill: { kind: "none" },
};

const markup = [
  { type: "strong", from: 0, length: 7 },
  { type: "link", from: 3, length: 9, url: "https://example.org/план?x=1" },
  { type: "user_mention", from: 8, length: 4, user_link: "@someone", user_id: 804126 },
  { type: "new_kind", from: 1, length: 2 },
];
const body = {
  mid: "mid.ffffbf9a13d0a5ce019d496b34394b84",
  seq: "#raw:116329890167999364#",
  text: "Экзамен 😀 12 июня, ауд. 305. Срочно: @dean_bot https://max.ru/c/-1/AZ mid.0123456789abcdef01",
  markup,
  attachments: [
    {
      type: "image",
      payload: { photo_id: "#raw:9007199254740993#", token: "t", url: "https://i.example/1" },
    },
    { type: "file", filename: "план.pdf", size: 5021, payload: { token: "t2", url: "https://f.example/2" } },
    {
      type: "video",
      payload: { token: "v1", url: "https://v.example" },
      width: 640,
      height: 480,
      duration: 12,
    },
    { type: "contact", payload: { vcf_info: "BEGIN:VCARD" } },
    { type: "location", latitude: 55.75, longitude: 37.61 },
    { type: "share", payload: { url: "https://example.org" }, title: "Заголовок", description: null },
    {
      type: "inline_keyboard",
      payload: { buttons: [[{ type: "link", text: "Сайт", url: "https://e.org" }]] },
    },
    { type: "poll", payload: { question: "?" } },
  ],
};
const message = {
  sender: null,
  recipient: { chat_id: `#raw:${CHAT}#`, chat_type: "channel" },
  timestamp: NOW - 5000,
  body,
  link: { type: "forward", chat_id: -5, sender: { user_id: 7 }, message: { ...body, mid: "mid.1" } },
  url: "https://max.ru/x",
};
const bare = { ...message, body: null, link: null };
const reply = { ...message, link: { type: "reply", message: { mid: "mid.2", text: "да" } } };
const updates = {
  updates: [
    { update_type: "message_created", timestamp: NOW, message },
    { update_type: "message_edited", timestamp: NOW, message: reply },
    { update_type: "message_created", timestamp: NOW, message: bare },
    {
      update_type: "message_removed",
      timestamp: NOW,
      message_id: "mid.9",
      chat_id: `#raw:${CHAT}#`,
      user_id: 1,
    },
    {
      update_type: "bot_added",
      timestamp: NOW,
      chat_id: `#raw:${CHAT}#`,
      user: { user_id: 1 },
      is_channel: true,
    },
    { update_type: "something_new", timestamp: NOW },
  ],
  marker: "#raw:25493970#",
};
const corpus: readonly unknown[] = [
  updates,
  updates,
  updates,
  { messages: [message, reply, bare] },
  { messages: [message, reply, bare] },
  { urls: { mp4_1080: "https://v.example/1080", mp4_144: null, hls: "x" }, width: 1, duration: 2 },
  { type: "channel", status: "active", chat_id: `#raw:${CHAT}#` },
  { is_admin: true, permissions: ["read_all_messages"] },
  { ...start, marker: "12", known: [CHAT], since: { [CHAT]: 1 }, at: NOW },
  { mid: "mid.1", kind: "file", identity: "file:1", url: null, token: "x" },
];

const channels = new Set([ChannelId.parse(CHAT)]);

function inBounds({ text, marks }: RichText, what: string): void {
  for (const { start: from, end, url, kind } of marks) {
    hold(Number.isSafeInteger(from) && Number.isSafeInteger(end), `${what}: a mark of whole numbers`);
    hold(0 <= from && from < end && end <= text.length, `${what}: a mark within its text`);
    hold(url === undefined || kind === "link", `${what}: an address stands on links alone`);
  }
}

/** A post on its way: scrubbed, routed, stored and read back. */
function follow(post: RawPost): void {
  inBounds(post.body, "post");
  if (post.forward !== undefined) inBounds(post.forward.body, "forward");
  for (const media of mediaIn(post)) Ref.parse(JSON.parse(media.ref));
  hold(post.attachments.length + post.body.text.length > 0 || post.forward !== undefined, "never nothing");
  route([mapping], post);
  const { clean, media } = scrub(post, { lang: "ru", timezone: "Europe/Moscow" });
  inBounds(clean.text, "clean");
  hold(clean.text.text.isWellFormed(), "a clean text is well formed");
  hold(clean.media.length === media.length, "each file is named");
  const again = revive(JSON.parse(JSON.stringify(freeze(clean))));
  hold(JSON.stringify(freeze(again)) === JSON.stringify(freeze(clean)), "stored and read back the same");
}

/** What MAX answers, from its bytes to a clean announcement. */
export const max = (): Target => ({
  input(dice) {
    const text = spelled(JSON.stringify(mutateJson(dice, dice.pick(corpus))));
    const bytes = new Uint8Array(Buffer.from(text));
    return dice.once(8) ? mutateBytes(dice, bytes) : bytes;
  },
  run(bytes) {
    const text = new TextDecoder().decode(bytes);
    let json: unknown;
    try {
      json = parseJson(text);
    } catch (error) {
      hold(error instanceof SyntaxError, `no other error than SyntaxError: ${String(error)}`);
      return "no JSON";
    }
    for (const schema of [Video, Chat, Member, Ref]) schema.safeParse(json);
    const place = decodeCursor(Cursor.parse(text));
    if (place !== null) hold(decodeCursor(encode(place)) !== null, "a cursor is read back");
    const found = Updates.safeParse(json);
    if (found.success) {
      const { marker } = found.data;
      hold(marker == null || typeof gap("25493969", marker, 1) === "boolean", "markers are compared");
    }
    let posts = 0;
    for (const item of found.data?.updates ?? []) {
      const { event, at } = decodeUpdate(item, channels, NOW);
      hold(Number.isFinite(at) && at <= NOW, "no update is of the future");
      if (event.type !== "posted" && event.type !== "edited") continue;
      hold(Number.isFinite(event.at) && event.at <= NOW, "no post is told of in the future");
      follow(event.post);
      posts++;
    }
    for (const item of Messages.safeParse(json).data?.messages ?? []) {
      const one = Message.safeParse(item);
      if (!one.success) continue;
      readStandIn(one.data.mid);
      follow(decodePost(one.data));
      posts++;
    }
    return posts > 0 ? "posts" : found.success ? "updates" : "JSON";
  },
});
