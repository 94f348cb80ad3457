import type { Api, Call } from "../../adapters/telegram/api.ts";
import type { CarriedRoom } from "../../adapters/telegram/carrier.ts";
import { createTelegramCarrier } from "../../adapters/telegram/carrier.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { type Failpoints, noFailpoints } from "../../bridge/failpoint.ts";
import type { Carrier } from "../../bridge/seal/carrier.ts";
import { joinLink } from "../../bridge/seal/link.ts";
import type { Chat, Media, Message } from "../../simulators/telegram/model.ts";
import { type CoreOptions, core, ROOM, type TestCore } from "../core.helper.ts";
import { device, Net } from "../reader/room/net.helper.ts";
import { apiOf, CHANNEL_CHAT, chatIn, simulated } from "./simulated.helper.ts";

export const PAGE = "https://reader.example/";

export interface Carried extends TestCore {
  readonly telegram: ReturnType<typeof simulated>;
  readonly chat: Chat;
  /** A carrier as a new process has it. */
  carrier(over?: {
    readonly api?: Api;
    readonly place?: CarriedRoom["place"];
    readonly failpoints?: Failpoints;
    readonly limit?: number;
  }): Carrier;
  /** Copies once. */
  copy(carrier: Carrier): Promise<void>;
  documents(): readonly { readonly message: Message; readonly media: Media }[];
  names(): readonly string[];
  /** What somebody with the room's link reads who has these files of the chat alone. */
  read(bytes: readonly Uint8Array[]): ReturnType<typeof device>;
  link(): string;
}

/** A core whose sealed room is carried by a channel on a simulated Telegram. */
export async function carried(
  o: CoreOptions = {},
  pass?: (at: "there" | "back", call: Call) => Promise<void>,
) {
  const c = await core(o);
  const telegram = simulated(c.clock);
  const chat = chatIn(telegram, CHANNEL_CHAT);
  const usual = apiOf(telegram, c.clock, pass);
  const link = (): string => {
    const state = c.bridge.store.seal.get(ROOM);
    if (state === null) throw new Error("no keys");
    const { rootPk, salt, keyEpoch, key } = state;
    const serial = c.bridge.store.seal.kept(ROOM)[0]?.serial ?? state.serial;
    return joinLink(c.lib, PAGE, { rootPk, salt, serial, restart: 0, epoch: keyEpoch, key }, [
      "gone.example",
    ]);
  };
  const documents = () =>
    [...chat.messages.values()].flatMap((message) =>
      message.content.kind === "media" ? [{ message, media: message.content.media }] : [],
    );
  const made: Carried = {
    ...c,
    telegram,
    chat,
    carrier: (over = {}) =>
      createTelegramCarrier({
        name: "telegram.bot",
        api: over.api ?? usual,
        keep: c.bridge.store.kept.of("telegram.bot"),
        chats: [
          {
            room: ROOM,
            home: over.place?.()?.chat ?? CHANNEL_CHAT,
            place: over.place ?? (() => ({ chat: CHANNEL_CHAT, topic: null })),
            lang: "ru",
            page: () => PAGE,
          },
        ],
        lib: c.lib,
        disk: systemDisk,
        clock: c.clock,
        limit: over.limit ?? 50_000_000,
        failpoints: over.failpoints ?? noFailpoints,
      }),
    async copy(carrier) {
      const log = c.bridge.view(ROOM);
      if (log !== null) await carrier.copy(log, new AbortController().signal);
    },
    documents,
    names: () => documents().map(({ media }) => media.file.name),
    link,
    async read(files) {
      const reader = await device(new Net(), link());
      for (const bytes of files) reader.actions.takeFiles(new Blob([new Uint8Array(bytes)]));
      return reader;
    },
  };
  return made;
}

export const bytesOf = ({ media }: { readonly media: Media }): Uint8Array => {
  if (media.file.bytes === null) throw new Error("too large to be kept");
  return media.file.bytes;
};
