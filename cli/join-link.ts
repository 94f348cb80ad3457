import type { RoomName } from "../bridge/model/ids.ts";
import { dayKey } from "../bridge/seal/keys.ts";
import { joinLink } from "../bridge/seal/link.ts";
import { chainNumber } from "../bridge/seal/restart-rules.ts";
import type { Config } from "../config/config.ts";
import type { Core } from "./core.ts";
import { originsOf } from "./room-kinds.ts";

/** What the feed listens on as the start of an address: no slash at its end. */
export const feedAddress = (host: string, port: number): string =>
  `http://${host.includes(":") ? `[${host}]` : host}:${port}`;

/** Listening there takes anybody in, but nobody can open it under this name. */
const everywhere = ["0.0.0.0", "::"];

/**
 * Where readers open the page, with a closing slash; null when the configuration names no place that a link could
 * name: nothing listens, any free port, all addresses.
 */
export function pageOf(config: Config): string | null {
  const { publicUrl, listen } = config.feed;
  if (publicUrl !== null) return `${publicUrl}/`;
  if (listen === null || listen.port === 0 || everywhere.includes(listen.host)) return null;
  return `${feedAddress(listen.host, listen.port)}/`;
}

/**
 * A room's join link, from the oldest day kept or from today. `page` ends in a slash. null: the room has no keys.
 */
export function linkOf(
  core: Core,
  room: RoomName,
  page: string,
  fromToday: boolean,
  origins: readonly string[] = originsOf(core.config, room),
): string | null {
  const { store, log } = core.bridge;
  const state = store.seal.get(room);
  if (state === null) return null;
  const epoch = fromToday ? Math.max(state.epoch, log.today(), state.keyEpoch) : state.keyEpoch;
  const from = chainNumber(state.keyFrom ?? { serial: 0, restart: 0 });
  const opened = store.seal.kept(room).filter((chain) => chainNumber(chain) >= from);
  const lowest = opened.find((chain) => chain.epoch >= epoch) ?? state;
  return joinLink(
    core.lib,
    page,
    {
      rootPk: state.rootPk,
      salt: state.salt,
      serial: lowest.serial,
      restart: lowest.restart,
      epoch,
      key: dayKey(core.lib, state.key, state.keyEpoch, epoch),
    },
    origins,
  );
}
