import { DELETABLE } from "../../adapters/telegram/age.ts";
import type { Api } from "../../adapters/telegram/api.ts";
import { telegramDestination } from "../../adapters/telegram/destination.ts";
import type { ChatId } from "../../adapters/telegram/ids.ts";
import { createOwnPosts } from "../../adapters/telegram/own-posts.ts";
import { systemRandom } from "../../bridge/clock.ts";
import { SpoolLost } from "../../bridge/media/spool.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { Chat, Message, Right } from "../../simulators/telegram/model.ts";
import type { Telegram } from "../../simulators/telegram/telegram.ts";
import {
  accepted,
  type CoreOptions,
  core,
  ROOM,
  soon,
  start,
  type TestCore,
  waiting,
} from "../core.helper.ts";
import { apiOf, CHANNEL_CHAT, chatIn, simulated } from "./simulated.helper.ts";

export interface World extends TestCore {
  readonly telegram: Telegram;
  readonly chat: Chat;
  readonly keep: Keep;
  destination: Destination;
  /** The destination as a new process has it: what the one before remembered is gone. */
  restart(): void;
  /** What the destination is told besides; may be changed by a test. */
  readonly now: {
    place: ChatId | null;
    held: boolean;
    probe: boolean;
    unsure: "resend" | "hold";
    largestFile: number;
    changed: number;
    /** So many times the spooled bytes of a file are gone when they are to be sent. */
    lost: number;
  };
  readonly api: Api;
  /** What a member sees, oldest first. */
  shown(): readonly Message[];
  bodies(): readonly string[];
}

export const bodyOf = ({ content }: Message): string => (content.kind === "service" ? "" : content.body.text);

export interface RoomOptions extends CoreOptions {
  readonly rights?: readonly Right[];
}

/** A core whose room is a channel on a simulated Telegram. */
export async function world(o: RoomOptions = {}): Promise<World> {
  const c = await core({ takesBack: DELETABLE, ...o });
  const telegram = simulated(c.clock);
  const chat = chatIn(telegram, CHANNEL_CHAT, o.rights);
  const api = apiOf(telegram, c.clock);
  const keep = c.bridge.store.kept.of("telegram.bot");
  const now: World["now"] = {
    place: CHANNEL_CHAT,
    held: false,
    probe: true,
    unsure: "resend",
    largestFile: 50_000_000,
    changed: 0,
    lost: 0,
  };
  const fresh = (): Destination =>
    telegramDestination({
      room: ROOM,
      api,
      posts: createOwnPosts(),
      place: () => now.place,
      topic: null,
      probe: () => now.probe,
      get unsure() {
        return now.unsure;
      },
      spooled(id) {
        if (now.lost-- > 0) throw new SpoolLost(id);
        return c.bridge.spooled(id);
      },
      notBefore: () => 0,
      changed: () => {
        now.changed++;
      },
      keep,
      held: () => now.held,
      receiptOf: (announcement, part) => c.bridge.store.map.receiptOf(ROOM, announcement, part),
      lang: "ru",
      allows: c.bridge.allows,
      get largestFile() {
        return now.largestFile;
      },
      elsewhere: () => null,
      clock: c.clock,
      random: systemRandom,
      failpoints: c.failpoints,
    });
  const shown = () => [...chat.messages.values()].filter((m) => m.content.kind !== "service");
  const made: World = {
    ...c,
    telegram,
    chat,
    keep,
    api,
    destination: fresh(),
    now,
    shown,
    bodies: () => shown().map(bodyOf),
    restart() {
      made.destination = fresh();
    },
  };
  return made;
}

/** Runs the core until the test ends. */
export const run = (w: World, over: Parameters<typeof start>[3] = {}) =>
  start(w, {}, [], { destinations: [w.destination], ...over });

/** Waits until all that was told is accepted and nothing is queued any more. */
export async function settled(w: World): Promise<void> {
  await accepted(w);
  await soon(() => {
    // A file that is being fetched has the time it takes on this machine.
    const fetching = w.bridge.store.media.pending(1).some(({ at }) => at <= w.clock.now());
    if (!fetching) w.clock.advance(1_000);
    if (waiting(w) > 0) throw new Error("something waits");
  });
}
