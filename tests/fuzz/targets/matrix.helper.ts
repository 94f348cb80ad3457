import { createPrivateKey, createPublicKey, type KeyObject, sign } from "node:crypto";
import type { Answer, Api, ApiCall } from "../../../adapters/matrix/api.ts";
import { createChats } from "../../../adapters/matrix/chat.ts";
import { openEngine } from "../../../adapters/matrix/engine/open.ts";
import { ciphertext, encodeFixed } from "../../../adapters/matrix/fixed.ts";
import { DeviceId, RoomId, UserId } from "../../../adapters/matrix/ids.ts";
import { keptOf } from "../../../adapters/matrix/kept.ts";
import { createMembers } from "../../../adapters/matrix/members.ts";
import { createRoomWatch } from "../../../adapters/matrix/room-watch.ts";
import { createSender } from "../../../adapters/matrix/sending.ts";
import { createSync } from "../../../adapters/matrix/sync.ts";
import { createFrame } from "../../../bridge/chat/frame.ts";
import { RoomName } from "../../../bridge/model/ids.ts";
import type { Keep } from "../../../bridge/model/keep.ts";
import { HandClock } from "../../hand-clock.helper.ts";
import { mutateBytes } from "../bytes.helper.ts";
import { isGroup, mutateJson, spelled } from "../json.helper.ts";
import { hold, type Target } from "../target.helper.ts";

const BOT = UserId.parse("@bot:example.org");
const STUDENT = "@student:example.org";
const PLACE = RoomId.parse("!room:example.org");
const CHAT = RoomId.parse("!chat:example.org");
const NEXT = "!next:example.org";
const ROOM = RoomName.parse("class");
const CLEAR = "Экзамен-12-июня";
const TRUST = { strict: false, shareHistory: true };
const NOW = Date.UTC(2026, 10, 2, 9);

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");
/** A private key of each kind, the same in every run: an input is told by its seed. */
function keyOf(kind: "ed25519" | "x25519", seed: number): KeyObject {
  const der = Buffer.from(`302e020100300506032b65${kind === "ed25519" ? "70" : "6e"}04220420`, "hex");
  return createPrivateKey({
    key: Buffer.concat([der, Buffer.alloc(32, seed)]),
    format: "der",
    type: "pkcs8",
  });
}
const publicOf = (key: KeyObject): string =>
  base64(createPublicKey(key).export({ format: "der", type: "spki" }).subarray(-32));

/** A student's device with keys that are signed as they must be. */
function device() {
  const secret = keyOf("ed25519", 1);
  const signed = <T extends object>(body: T) => ({
    ...body,
    signatures: {
      [STUDENT]: { "ed25519:DEVICE": base64(sign(null, Buffer.from(JSON.stringify(body)), secret)) },
    },
  });
  return {
    keys: signed({
      algorithms: ["m.olm.v1.curve25519-aes-sha2", "m.megolm.v1.aes-sha2"],
      device_id: "DEVICE",
      keys: { "curve25519:DEVICE": publicOf(keyOf("x25519", 2)), "ed25519:DEVICE": publicOf(secret) },
      user_id: STUDENT,
    }),
    oneTime: signed({ key: publicOf(keyOf("x25519", 3)) }),
  };
}

const state = (type: string, content: object, key = "", sender: string = BOT) => ({
  type,
  state_key: key,
  sender,
  event_id: `$${type}${key}`,
  origin_server_ts: NOW,
  content,
});
const member = (user: string, membership: string, was?: string) => ({
  ...state("m.room.member", { membership }, user, user),
  ...(was === undefined ? {} : { unsigned: { prev_content: { membership: was } } }),
});
const encrypted = (sender: string, content: object) => ({
  type: "m.room.encrypted",
  event_id: "$said",
  sender,
  origin_server_ts: NOW,
  unsigned: { transaction_id: "other" },
  content: {
    algorithm: "m.megolm.v1.aes-sha2",
    ciphertext: "AwgAEnAC",
    session_id: "s",
    device_id: "DEVICE",
    sender_key: "k",
    ...content,
  },
});

/** What an honest server answers, by what is asked. */
function honest() {
  const { keys, oneTime } = device();
  const room = [
    state("m.room.create", { room_version: "11" }),
    state("m.room.encryption", { algorithm: "m.megolm.v1.aes-sha2" }),
    state("m.room.join_rules", { join_rule: "invite" }),
    state("m.room.guest_access", { guest_access: "forbidden" }),
    state("m.room.history_visibility", { history_visibility: "invited" }),
    state("m.room.power_levels", {
      users: { [BOT]: 100 },
      events_default: 50,
      state_default: 100,
      invite: 50,
    }),
    state("m.room.name", { name: "ПМИ-24" }),
    member(BOT, "join"),
    member(STUDENT, "join"),
  ];
  const sync = {
    next_batch: "s1",
    to_device: {
      events: [
        {
          type: "m.room.encrypted",
          sender: STUDENT,
          content: {
            algorithm: "m.olm.v1.curve25519-aes-sha2",
            sender_key: "k",
            ciphertext: { k: { type: 0, body: "AwgAEnAC" } },
          },
        },
        {
          type: "m.room_key_request",
          sender: STUDENT,
          content: {
            action: "request",
            requesting_device_id: "DEVICE",
            request_id: "1",
            body: {
              algorithm: "m.megolm.v1.aes-sha2",
              room_id: PLACE,
              session_id: "s",
              sender_key: "k",
            },
          },
        },
        { type: "m.dummy", sender: STUDENT, content: {} },
      ],
    },
    device_lists: { changed: [STUDENT], left: ["@gone:example.org"] },
    device_one_time_keys_count: { signed_curve25519: 3 },
    device_unused_fallback_key_types: ["signed_curve25519"],
    rooms: {
      join: {
        [PLACE]: {
          state: { events: room },
          timeline: {
            limited: true,
            events: [
              member("@new:example.org", "join", "invite"),
              member(STUDENT, "leave", "join"),
              state("m.room.tombstone", { replacement_room: NEXT }),
            ],
          },
        },
        [CHAT]: { state: { events: [] }, timeline: { events: [encrypted(STUDENT, {})] } },
      },
      invite: { "!other:example.org": { invite_state: { events: [member(BOT, "invite")] } } },
      leave: { [PLACE]: { timeline: { events: [member(BOT, "ban", "join")] } } },
    },
  };
  return {
    sync,
    members: {
      chunk: [member(BOT, "join"), member(STUDENT, "join"), member("@asked:example.org", "invite")],
    },
    state: room,
    list: { visibility: "private" },
    upload: { one_time_key_counts: { signed_curve25519: 50 } },
    query: {
      device_keys: {
        [BOT]: {},
        [STUDENT]: { DEVICE: keys },
        "@asked:example.org": {},
        "@new:example.org": {},
      },
      master_keys: {},
      self_signing_keys: {},
      user_signing_keys: {},
      failures: {},
    },
    claim: {
      one_time_keys: { [STUDENT]: { DEVICE: { "signed_curve25519:AAAAAA": oneTime } } },
      failures: {},
    },
    toDevice: {},
    send: { event_id: "$sent" },
    messages: { chunk: [encrypted(BOT, {})], end: "t2" },
    other: {},
  };
}

const limited = { errcode: "M_LIMIT_EXCEEDED", error: "Too Many Requests", retry_after_ms: 2_000 };
const forbidden = { errcode: "M_FORBIDDEN", error: "You are not in the room" };

const places: readonly (readonly [string, RegExp])[] = [
  ["sync", /\/sync$/],
  ["members", /\/members$/],
  ["upload", /\/keys\/upload$/],
  ["query", /\/keys\/query$/],
  ["claim", /\/keys\/claim$/],
  ["toDevice", /\/sendToDevice\//],
  ["send", /\/(send|redact)\//],
  ["messages", /\/messages$/],
  ["list", /\/directory\/list\//],
  ["state", /\/state$/],
];

/** Answers as the input has it: what says that it is an error is one. */
function answerOf(answers: Readonly<Record<string, unknown>>, { path }: ApiCall): Answer {
  const body = answers[places.find(([, pattern]) => pattern.test(path))?.[0] ?? "other"];
  if (!isGroup(body) || typeof body.errcode !== "string") return { kind: "ok", body };
  const after =
    typeof body.retry_after_ms === "number" && body.retry_after_ms >= 0 ? body.retry_after_ms : null;
  return { kind: "refused", status: 403, errcode: body.errcode.slice(0, 255), retryAfter: after, body };
}

function keep(): Keep {
  const kept = new Map<string, unknown>();
  return {
    get: (place) => structuredClone(kept.get(place)),
    put: (place, value) => void kept.set(place, value),
    drop: (place) => void kept.delete(place),
    places: (beginning) => [...kept.keys()].filter((place) => place.startsWith(beginning)),
    together: (work) => work(),
  };
}

/** What an account does with a server's answers: hear, look at its room, encrypt for it, send, look back. */
async function live(answers: Readonly<Record<string, unknown>>): Promise<string> {
  const clock = new HandClock(NOW);
  const end = new AbortController();
  const asked: string[] = [];
  let syncs = 0;
  const api: Api = {
    async call(call, signal) {
      signal.throwIfAborted();
      asked.push(`${call.path} ${JSON.stringify(call.query)} ${JSON.stringify(call.body)}`);
      hold(asked.length < 3_000, "it does not ask for ever");
      const sync = call.path.endsWith("/sync") ? ++syncs : 0;
      // The second brings the same again, after it nothing more comes.
      if (sync > 2) end.abort();
      signal.throwIfAborted();
      return answerOf(answers, call);
    },
  };
  const kept = keptOf(keep());
  kept.room(ROOM).put({ id: PLACE, before: [] });
  kept.chats.put([{ user: UserId.parse(STUDENT), room: CHAT }]);
  const store = { file: null, passphrase: "p", create: true };
  const opened = await openEngine({ user: BOT, device: DeviceId.parse("BOT"), api, clock, store });
  hold(opened.ok, "a new engine opens");
  const { engine } = opened;
  try {
    const members = createMembers(api, BOT, clock);
    const chats = createChats({ api, bot: BOT, engine, members, kept, frame: createFrame("ru"), clock });
    const watch = createRoomWatch({
      api,
      bot: BOT,
      kept,
      rooms: [{ name: ROOM, wish: { name: "ПМИ-24", topic: null, historyVisibility: "invited" } }],
      members,
      clock,
      stands() {},
      moved() {},
      joined() {},
    });
    const sync = createSync({
      api,
      bot: BOT,
      engine,
      members,
      place: kept.sync,
      rooms: watch.ids,
      chats: chats.rooms,
      clock,
      random: { next: () => 0.5, bytes: (size) => new Uint8Array(size) },
      listener: {
        // A server that refuses is asked again at once.
        status: (status) =>
          void (status.kind === "trouble" && queueMicrotask(() => clock.advance(3_600_000))),
        room: async (news) => watch.news(news),
        async invitation(invitation) {
          if (!watch.invited(invitation)) await chats.invited(invitation, end.signal);
        },
        chat: (event) => chats.event(event, end.signal),
      },
    });
    await sync.run(end.signal);
    const looking = new AbortController();
    const looked = watch.run(looking.signal);
    for (let turn = 0; turn < 20 && watch.standing(ROOM) === null; turn++)
      await new Promise((resolve) => setImmediate(resolve));
    looking.abort();
    await looked;
    const signal = new AbortController().signal;
    await engine.trust(signal);
    const found = await members.of(PLACE, signal);
    if (found.kind === "fault") return "no members";
    hold(found.value.includes(BOT), "the bot is one of the members");
    const content = { msgtype: "m.text", body: CLEAR };
    const made = await engine.encrypt(PLACE, found.value, TRUST, "m.room.message", content, signal);
    if ("kind" in made) return "no keys";
    const sender = createSender({
      api,
      engine,
      members,
      place: () => watch.place(ROOM),
      trust: TRUST,
      clock,
      failpoints() {},
    });
    const fixed = (at: number) => ({
      key: `k${at}`,
      bytes: encodeFixed({
        v: 1,
        room: PLACE,
        user: BOT,
        device: engine.device,
        at,
        nonce: "n",
        events: [ciphertext(made.content)],
        redact: [],
        slots: [{ copy: "", part: "text.0", same: "", event: 0, edits: [] }],
        pin: true,
        pinned: null,
        former: [],
      }),
    });
    // One that was made a moment ago, and one that has to be looked for in the room.
    const outcome = await sender.send(fixed(NOW), { tries: 1, untried: true, before: () => null }, signal);
    await sender.send(fixed(NOW - 86_400_000), { tries: 1, untried: false, before: () => null }, signal);
    return `${watch.place(ROOM) === null ? "held" : "open"}, ${outcome.kind}`;
  } finally {
    await engine.close();
    for (const said of asked) hold(!said.includes(CLEAR), "nothing is said in clear");
  }
}

/** What a homeserver answers, through all that an account does with it, over a real engine. */
export const matrix = (): Target => {
  const plain = honest();
  const { join } = plain.sync.rooms;
  const inside = {
    [PLACE]: { state: { events: plain.state }, timeline: { events: [] } },
    [CHAT]: join[CHAT],
  };
  const quiet = { ...plain, sync: { ...plain.sync, rooms: { join: inside } } };
  const corpus: readonly unknown[] = [
    plain,
    quiet,
    quiet,
    quiet,
    { ...quiet, query: limited },
    { ...quiet, claim: limited },
    { ...quiet, state: forbidden },
    { ...quiet, members: forbidden },
  ];
  // For users of whom an answer says nothing the engine waits 5 s by the machine's clock.
  const { setTimeout: real } = globalThis;
  const quick = Object.assign((work: () => void) => real(work, 0), real);
  globalThis.setTimeout = quick;
  return {
    async close() {
      globalThis.setTimeout = real;
    },
    input(dice) {
      const text = spelled(JSON.stringify(mutateJson(dice, dice.pick(corpus))));
      const bytes = new Uint8Array(Buffer.from(text));
      return dice.once(20) ? mutateBytes(dice, bytes) : bytes;
    },
    async run(bytes) {
      let json: unknown;
      try {
        json = JSON.parse(new TextDecoder().decode(bytes));
      } catch {
        return "no JSON";
      }
      return isGroup(json) ? await live(json) : "no answers";
    },
  };
};
