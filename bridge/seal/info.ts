import type { ChainRow, SealState } from "../store/seal.ts";
import type { Payload } from "./payload.ts";

/** What a room says of itself in its `info` records. */
export interface SealedRoomInfo {
  readonly title: string;
  readonly zone: string;
  readonly lang: "ru" | "en";
  /** Days. */
  readonly history: number;
  readonly origins: readonly string[];
  readonly chat?: string;
  readonly text?: string;
}

/** The `info` that a room's log takes next. `chains`: all that it ever had. */
export function infoPayload(state: SealState, chains: readonly ChainRow[], info: SealedRoomInfo): Payload {
  // The newest closed chain that has a record: `prev` hashes its last one.
  const before = chains.filter((c) => c.last !== null && c.last >= 0).at(-1);
  return {
    v: 1,
    t: 0,
    k: "info",
    title: info.title,
    zone: info.zone,
    lang: info.lang,
    history: info.history,
    origins: [...info.origins],
    chains: chains.map((c) => ({
      serial: c.serial,
      restart: c.restart,
      first: c.serial === state.serial && c.restart === state.restart ? state.firstSeq : c.first,
      ...(c.last === null ? {} : { last: c.last }),
      ...(c.hash === null || c.last === null || c.last < 0
        ? {}
        : { hash: Buffer.from(c.hash).toString("base64url") }),
    })),
    ...(state.nextSeq === 0 && before !== undefined && before.last !== null
      ? { after: { serial: before.serial, restart: before.restart, seq: before.last } }
      : {}),
    ...(info.chat === undefined ? {} : { chat: info.chat }),
    ...(info.text === undefined ? {} : { text: info.text }),
  };
}
