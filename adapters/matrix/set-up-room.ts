import type { RoomName } from "../../bridge/model/ids.ts";
import type { Api } from "./api.ts";
import { RoomId, type UserId } from "./ids.ts";
import type { Kept } from "./kept.ts";
import { mendRoom, type RoomFinding, type RoomWish } from "./room-check.ts";
import { readState } from "./room-state.ts";
import { createRoom, joinRoom, resolveAlias } from "./rooms-api.ts";
import { type Fault, fault } from "./wire.ts";

/**
 * What came of giving a room of the configuration its room on the server.
 * - `made`, `adopted`: it is kept which one it is. `findings`: what is not as it should be, though safe.
 * - `unsafe`: nothing is kept: announcements would not be safe there, and the bot may not mend it.
 * - `exists`: it has one already. `inside`: it is to have another, but the bot is still in this one.
 */
export type RoomSetUp =
  | { readonly kind: "made" | "adopted" | "unsafe"; readonly findings: readonly RoomFinding[] }
  | { readonly kind: "exists" }
  | { readonly kind: "inside" }
  | Fault;

export interface RoomSetUpOptions {
  readonly api: Api;
  readonly bot: UserId;
  readonly kept: Kept;
  readonly name: RoomName;
  readonly wish: RoomWish;
  /** An address (`#name:server`) or an id (`!…`) of a room that there is; null: a new one is made. */
  readonly adopt: string | null;
  /** Whether it takes the place of one that the bot is no more in. */
  readonly anew?: boolean;
}

/** So many rooms of before are remembered. */
const BEFORE = 5;

/** Makes or adopts the room. The one that is kept is encrypted from then on, whatever a look at it answers. */
export async function setUpRoom(o: RoomSetUpOptions, signal: AbortSignal): Promise<RoomSetUp> {
  const place = o.kept.room(o.name);
  const old = place.get();
  if (old !== null) {
    if (o.anew !== true) return { kind: "exists" };
    const state = await readState(o.api, old.id, o.bot, signal);
    const outside = state.kind === "fault" && (state.code === "M_FORBIDDEN" || state.code === "M_NOT_FOUND");
    if (state.kind === "fault" && !outside) return state;
    if (state.kind === "ok" && state.value.inside) return { kind: "inside" };
  }
  const found =
    o.adopt === null ? await createRoom(o.api, o.bot, o.wish, signal) : await joined(o, o.adopt, signal);
  if (found.kind === "fault") return found;
  const id = found.value;
  const mended = await mendRoom(o.api, id, o.bot, o.wish, signal);
  if (mended.kind === "fault" && o.adopt !== null) return mended;
  const findings = mended.kind === "fault" ? [] : mended.value;
  if (findings.some((finding) => finding.unsafe)) {
    if (findings.some(({ flaw }) => flaw === "replaced")) return fault("replaced");
    // One that was made a moment ago is as it was asked for; the look may be too early.
    if (o.adopt !== null) return { kind: "unsafe", findings };
  }
  place.put({ id, before: old === null ? [] : [old.id, ...old.before].slice(0, BEFORE) });
  return { kind: o.adopt === null ? "made" : "adopted", findings };
}

/** The room of an address or id, which the bot is in then. */
async function joined(o: RoomSetUpOptions, adopt: string, signal: AbortSignal) {
  const id = RoomId.safeParse(adopt);
  const found = id.success
    ? ({ kind: "ok", value: { room: id.data, via: [] } } as const)
    : await resolveAlias(o.api, adopt, signal);
  if (found.kind === "fault") return found;
  const done = await joinRoom(o.api, found.value.room, found.value.via.slice(0, 3), signal);
  return done.kind === "fault" && done.code === "M_FORBIDDEN" ? fault("not_invited") : done;
}
