import type { Api } from "./api.ts";
import type { RoomId, UserId } from "./ids.ts";
import { levelFor, levelOf } from "./power.ts";
import { mendRoom, type RoomFinding, type RoomWish } from "./room-check.ts";
import { readState } from "./room-state.ts";
import { joinRoom, leaveRoom } from "./rooms-api.ts";
import type { Fault } from "./wire.ts";

/**
 * What came of following a room to the one that replaced it.
 * - `moved`: the bot is in the new room and it is as safe as the old one; `findings`: what is not as it should be.
 * - `unsafe`: it is in it, but nothing may be sent there.
 * - `uninvited`: it needs an invitation to the new room first.
 * - `not_replaced`: nobody who may said that it was replaced, or the new room does not know of the old one.
 */
export type Upgrade =
  | { readonly kind: "moved" | "unsafe"; readonly room: RoomId; readonly findings: readonly RoomFinding[] }
  | { readonly kind: "uninvited"; readonly room: RoomId }
  | { readonly kind: "not_replaced" }
  | Fault;

/**
 * Follows one of our own rooms to its successor: joins it, and sets right what it may. Repeating is harmless. The old
 * room stays as it is.
 */
export async function followUpgrade(
  api: Api,
  old: RoomId,
  bot: UserId,
  wish: RoomWish,
  signal: AbortSignal,
): Promise<Upgrade> {
  const before = await readState(api, old, bot, signal);
  if (before.kind === "fault") return before;
  const { successor, power } = before.value;
  if (successor === null) return { kind: "not_replaced" };
  if (levelOf(power, successor.by) < levelFor(power.levels, "m.room.tombstone"))
    return { kind: "not_replaced" };
  const there = await readState(api, successor.room, bot, signal);
  if (there.kind === "fault" && there.code !== "M_FORBIDDEN" && there.code !== "M_NOT_FOUND") return there;
  const inside = there.kind === "ok" && there.value.inside;
  if (!inside) {
    const joined = await joinRoom(api, successor.room, [serverOf(successor.by)], signal);
    if (joined.kind === "fault")
      return joined.code === "M_FORBIDDEN" ? { kind: "uninvited", room: successor.room } : joined;
  }
  const after = await readState(api, successor.room, bot, signal);
  if (after.kind === "fault") return after;
  if (after.value.predecessor !== old) {
    // It was led there, and stays in no room that is none of ours; one of ours it was in before.
    if (!inside) await leaveRoom(api, successor.room, signal);
    return { kind: "not_replaced" };
  }
  const findings = await mendRoom(api, successor.room, bot, wish, signal);
  if (findings.kind === "fault") return findings;
  const unsafe = findings.value.some((finding) => finding.unsafe);
  return { kind: unsafe ? "unsafe" : "moved", room: successor.room, findings: findings.value };
}

const serverOf = (user: UserId): string => user.slice(user.indexOf(":") + 1);
