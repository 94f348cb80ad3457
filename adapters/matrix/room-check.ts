import type { Api } from "./api.ts";
import type { RoomId, UserId } from "./ids.ts";
import { path } from "./path.ts";
import { BOT, closed, levelOf, membersMay, othersWithPower } from "./power.ts";
import { type HistoryVisibility, type RoomState, readState } from "./room-state.ts";
import { Done, Listing, type Read, read } from "./wire.ts";

/** How a room should be. */
export interface RoomWish {
  readonly name: string;
  readonly topic: string | null;
  readonly historyVisibility: HistoryVisibility;
}

/** What is not as it should be in a room. */
export type RoomFlaw =
  /** The bot is not in the room. */
  | "bot_outside"
  /** There is no encryption, or one that is not known here. */
  | "not_encrypted"
  /** Keys are changed more seldom than they should be. */
  | "rotation"
  /** Who may come in is not decided by the bot's invitation alone. */
  | "open"
  | "guests"
  /** The server's directory names the room. */
  | "listed"
  | "history_visibility"
  /** Members may post, or change the room. */
  | "members_post"
  /** Members may invite, remove others or take messages away. */
  | "members_manage"
  /** Somebody besides the bot has power. */
  | "others_have_power"
  | "bot_without_power"
  | "name"
  | "topic"
  /** The room was replaced by another one. */
  | "replaced";

export interface RoomFinding {
  readonly flaw: RoomFlaw;
  /** Nothing may be sent there as long as it is so. */
  readonly unsafe: boolean;
  /** The bot could set it right. */
  readonly mendable: boolean;
}

const ALGORITHM = "m.megolm.v1.aes-sha2";
const WEEK = 7 * 24 * 3_600_000;

/** The encryption of a room: the strongest that clients know, with new keys each week or hundred events. */
export const ENCRYPTION = {
  algorithm: ALGORITHM,
  rotation_period_ms: WEEK,
  rotation_period_msgs: 100,
} as const;

const UNSAFE: ReadonlySet<RoomFlaw> = new Set([
  "bot_outside",
  "not_encrypted",
  "open",
  "guests",
  "members_post",
  "bot_without_power",
  "replaced",
]);
const UNMENDABLE: ReadonlySet<RoomFlaw> = new Set(["bot_outside", "bot_without_power", "replaced"]);

/** What is not as it should be, the gravest first. */
export function flawsOf(state: RoomState, listed: boolean, bot: UserId, wish: RoomWish): readonly RoomFlaw[] {
  const flaws: RoomFlaw[] = [];
  const when = (flawed: boolean, flaw: RoomFlaw): void => {
    if (flawed) flaws.push(flaw);
  };
  const { encryption, power } = state;
  const may = membersMay(power.levels);
  when(!state.inside, "bot_outside");
  when(state.successor !== null, "replaced");
  when(encryption?.algorithm !== ALGORITHM, "not_encrypted");
  when(
    encryption !== null &&
      ((encryption.rotationMs ?? WEEK) > WEEK || (encryption.rotationMessages ?? 100) > 100),
    "rotation",
  );
  when(levelOf(power, bot) < BOT, "bot_without_power");
  when(state.joinRule !== "invite", "open");
  when(state.guestAccess !== null && state.guestAccess !== "forbidden", "guests");
  when(listed, "listed");
  when(may.post, "members_post");
  when(may.more, "members_manage");
  when(othersWithPower(power, bot), "others_have_power");
  when(state.historyVisibility !== wish.historyVisibility, "history_visibility");
  when(state.name !== wish.name, "name");
  when(state.topic !== wish.topic, "topic");
  return flaws;
}

/** Looks at a room. `M_FORBIDDEN`: the bot is not in it, and it cannot be read from outside. */
export async function checkRoom(
  api: Api,
  room: RoomId,
  bot: UserId,
  wish: RoomWish,
  signal: AbortSignal,
): Promise<Read<readonly RoomFinding[]>> {
  const looked = await look(api, room, bot, wish, signal);
  return looked.kind === "fault" ? looked : { kind: "ok", value: looked.value.findings };
}

async function look(api: Api, room: RoomId, bot: UserId, wish: RoomWish, signal: AbortSignal) {
  const state = await readState(api, room, bot, signal);
  if (state.kind === "fault") return state;
  const call = { method: "GET", path: path`/_matrix/client/v3/directory/list/room/${room}` } as const;
  const listing = read(Listing, await api.call(call, signal));
  // A server that keeps no list of this room says so by not finding it.
  if (listing.kind === "fault" && listing.code !== "M_NOT_FOUND") return listing;
  const listed = listing.kind === "ok" && listing.value.visibility === "public";
  const powerful = state.value.inside && levelOf(state.value.power, bot) >= BOT;
  const untakeable = Object.entries(state.value.power.levels.users).some(
    ([user, level]) => user !== bot && level >= levelOf(state.value.power, bot),
  );
  const creators = [...state.value.power.creators].some((user) => user !== bot);
  const findings = flawsOf(state.value, listed, bot, wish).map((flaw) => ({
    flaw,
    unsafe: UNSAFE.has(flaw),
    mendable:
      powerful && !UNMENDABLE.has(flaw) && !(flaw === "others_have_power" && (untakeable || creators)),
  }));
  return { kind: "ok", value: { state: state.value, findings } } as const;
}

/** A request that sets one flaw right; null: none does. */
function remedy(flaw: RoomFlaw, state: RoomState, bot: UserId, wish: RoomWish) {
  switch (flaw) {
    case "not_encrypted":
    case "rotation":
      return { type: "m.room.encryption", content: ENCRYPTION };
    case "open":
      return { type: "m.room.join_rules", content: { join_rule: "invite" } };
    case "guests":
      return { type: "m.room.guest_access", content: { guest_access: "forbidden" } };
    case "history_visibility":
      return {
        type: "m.room.history_visibility",
        content: { history_visibility: wish.historyVisibility },
      };
    case "members_post":
    case "members_manage":
    case "others_have_power":
      return { type: "m.room.power_levels", content: closed(state.power, bot) };
    case "name":
      return { type: "m.room.name", content: { name: wish.name } };
    case "topic":
      return { type: "m.room.topic", content: { topic: wish.topic ?? "" } };
    default:
      return null;
  }
}

/**
 * Sets right what the bot has the power to, and tells what is left. An encryption that is there is never replaced by
 * something that is none.
 */
export async function mendRoom(
  api: Api,
  room: RoomId,
  bot: UserId,
  wish: RoomWish,
  signal: AbortSignal,
): Promise<Read<readonly RoomFinding[]>> {
  const looked = await look(api, room, bot, wish, signal);
  if (looked.kind === "fault") return looked;
  const { state, findings } = looked.value;
  const todo = findings.filter((finding) => finding.mendable);
  if (todo.length === 0) return { kind: "ok", value: findings };
  const mended = new Set<string>();
  for (const { flaw } of todo) {
    if (flaw === "listed") {
      const body = { visibility: "private" };
      const call = {
        method: "PUT",
        path: path`/_matrix/client/v3/directory/list/room/${room}`,
        body,
      } as const;
      const done = read(Done, await api.call(call, signal));
      if (done.kind === "fault") return done;
      continue;
    }
    const one = remedy(flaw, state, bot, wish);
    if (one === null || mended.has(one.type)) continue;
    mended.add(one.type);
    const done = await putState(api, room, one.type, one.content, signal);
    if (done.kind === "fault") return done;
  }
  return checkRoom(api, room, bot, wish, signal);
}

/** Sets one state event of a room (repeating is harmless: the same content changes nothing). */
export async function putState(
  api: Api,
  room: RoomId,
  type: string,
  content: unknown,
  signal: AbortSignal,
): Promise<Read<unknown>> {
  const call = { method: "PUT", path: path`/_matrix/client/v3/rooms/${room}/state/${type}/`, body: content };
  return read(Done, await api.call({ ...call, method: "PUT" }, signal));
}
