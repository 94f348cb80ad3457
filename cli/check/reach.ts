import { existsSync } from "node:fs";
import path from "node:path";
import type { Millis, RoomName } from "../../bridge/model/ids.ts";
import { originUrl } from "../../config/addresses.ts";
import type { Config } from "../../config/config.ts";
import type { BridgeCommands } from "../bridge-api.ts";
import { pageOf } from "../join-link.ts";
import { originsOf, sealedRooms } from "../room-kinds.ts";
import type { Words } from "../texts/shape.ts";
import { fine, type Line, note, wrong } from "./line.ts";
import { askWeb } from "./web.ts";

export interface ReachOptions {
  readonly config: Config;
  readonly bridge: BridgeCommands;
  /** Whether a bridge runs now. */
  readonly running: boolean;
  readonly words: Words;
  readonly now: Millis;
  readonly signal: AbortSignal;
  /** ms for each answer. */
  readonly deadline: number;
}

/** Readers are told that the mirror was not heard from when its newest sign is older (PSR1). */
const STALE: Millis = 3 * 3_600_000;

/** Whether readers can open the page and each room at each of its places. All are asked at once. */
export async function checkReach(o: ReachOptions): Promise<readonly Line[]> {
  const page = pageOf(o.config);
  // Other rooms need no places.
  const rooms = sealedRooms(o.config).map((room) => checkRoom(room, page, o));
  const lines = await Promise.all([checkPage(page, o), ...rooms]);
  return lines.flat();
}

/** Whether an address is that of the feed which a bridge on this machine serves. */
function isOwnFeed({ feed }: Config, url: string): boolean {
  if (feed.listen === null) return false;
  const { hostname, port } = new URL(url);
  return port === String(feed.listen.port) && ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

async function checkPage(page: string | null, o: ReachOptions): Promise<readonly Line[]> {
  const { check: say } = o.words;
  if (page === null) return [wrong(say.noPage)];
  const { publicUrl, reader, folder } = o.config.feed;
  if (publicUrl === null || isOwnFeed(o.config, page))
    return [note(reader ? say.servedHere(page) : say.notServed(folder))];
  const answer = await askWeb(page, { from: new URL(page).origin, ...o });
  if (answer.kind === "fault") return [wrong(say.pageFault(page, answer.fault))];
  if (answer.status !== 200) return [wrong(say.pageStatus(page, answer.status))];
  return [answer.type.includes("text/html") ? fine(say.pageAt(page)) : wrong(say.pageNotHtml(page))];
}

async function checkRoom(room: RoomName, page: string | null, o: ReachOptions): Promise<readonly Line[]> {
  const state = await o.bridge.rooms.state(room);
  // That it has no keys is said elsewhere.
  if (state === null) return [];
  const { check: say } = o.words;
  const origins = originsOf(o.config, room);
  const few =
    origins.length === 0
      ? [note(say.noOrigins(room))]
      : origins.length === 1
        ? [note(say.oneOrigin(room))]
        : [];
  const places = origins.length > 0 ? origins.map(originUrl) : page === null ? [] : [page.replace(/\/$/, "")];
  const from = page === null ? "null" : new URL(page).origin;
  const asked = places.map((place) => checkPlace(room, state.roomId, place, from, o));
  return [...few, ...(await Promise.all(asked))];
}

async function checkPlace(
  room: RoomName,
  roomId: string,
  place: string,
  from: string,
  o: ReachOptions,
): Promise<Line> {
  const { check: say } = o.words;
  if (place.startsWith("http:") && from.startsWith("https:")) return wrong(say.originLocal(room, place));
  if (!o.running && isOwnFeed(o.config, place)) return note(say.originResting(room, place));
  const answer = await askWeb(`${place}/${roomId}/head`, { from, ...o });
  if (answer.kind === "fault") return wrong(say.originFault(room, place, answer.fault));
  if (answer.status === 404) {
    const written = existsSync(path.join(o.config.feed.folder, roomId, "head"));
    return written ? wrong(say.originEmpty(room, place)) : note(say.originNotYet(room, place));
  }
  if (answer.status !== 200) return wrong(say.originStatus(room, place, answer.status));
  const made = await o.bridge.rooms.headMade(room, answer.bytes);
  if (made === null) return wrong(say.originNotFeed(room, place));
  if (!answer.open && new URL(place).origin !== from) return wrong(say.originClosed(room, place));
  const age = o.now - made;
  if (age <= STALE) return fine(say.originFine(room, place));
  // With the bridge stopped nothing new is missing there.
  const stale = say.originStale(room, place, o.words.span(age));
  return o.running ? wrong(stale) : note(stale);
}
