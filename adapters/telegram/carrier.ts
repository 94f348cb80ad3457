import type sodium from "libsodium-wrappers";
import { z } from "zod";
import type { Failpoints } from "../../bridge/failpoint.ts";
import type { Disk } from "../../bridge/model/disk.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import { bundle } from "../../bridge/seal/bundle.ts";
import { type Carrier, type LogView, NotCarried } from "../../bridge/seal/carrier.ts";
import { locator } from "../../bridge/seal/link.ts";
import { recordHash } from "../../bridge/seal/record.ts";
import type { LogRow } from "../../bridge/store/seal.ts";
import type { Answer, Api, Call } from "./api.ts";
import { type Bundle, bundlesOf, certificateOf, newestOf } from "./bundles.ts";
import { carrierLines } from "./carrier-lines.ts";
import { type Copied, type CopiedFile, copiedOf } from "./copied.ts";
import { type ChatId, MessageId, type TopicId } from "./ids.ts";
import { faultOf, heldFor } from "./look.ts";

/** A sealed room and the chat that carries its log. */
export interface CarriedRoom {
  readonly room: RoomName;
  /** The chat as it is configured: what was copied there counts, wherever Telegram has moved it since. */
  readonly home: ChatId;
  /** Where it is now; null: nowhere, then nothing is copied. */
  readonly place: () => { readonly chat: ChatId; readonly topic: TopicId | null } | null;
  readonly lang: "ru" | "en";
  /** The reader page's address, with a closing slash; null: none is known, and messages have no button. */
  readonly page: () => string | null;
}

export interface TelegramCarrierOptions {
  readonly name: string;
  /** Within the rates. */
  readonly api: Api;
  readonly keep: Keep;
  readonly chats: readonly CarriedRoom[];
  readonly lib: typeof sodium;
  readonly disk: Disk;
  readonly clock: Clock;
  /** Bytes: the largest file that the bot's server takes. Larger ones are not carried. */
  readonly limit: number;
  readonly failpoints: Failpoints;
}

/** For so long a bot may delete what it sent; a little less than Telegram says, ms. */
const DELETABLE: Millis = 47.5 * 3_600_000;
const PIECE = 65_536;
const Sent = z.object({ message_id: MessageId });

/**
 * Copies the logs of sealed rooms into Telegram chats: posts as `post.psr`, files as `file.psr`. The cursor moves when
 * Telegram has answered: a lost answer has the same bytes sent once more, which readers take once. Nothing in a call is
 * known to Telegram but sealed bytes, their headers and words that are the same for every message.
 */
export function createTelegramCarrier(o: TelegramCarrierOptions): Carrier {
  const rooms = new Map(o.chats.map((one) => [one.room, one]));

  /** What came of a call; null: the bridge ends, and nothing is known of it. */
  const ask = async (call: Call, signal: AbortSignal): Promise<Answer | null> => {
    const answer = await o.api.call(call, signal);
    return signal.aborted && answer.kind !== "ok" ? null : answer;
  };

  const copyRoom = async (own: CarriedRoom, log: LogView, signal: AbortSignal): Promise<void> => {
    const place = own.place();
    const newest = newestOf(log);
    if (place === null || newest === null) return;
    const kept = copiedOf(o.keep, own.room);
    const home = { chat: own.home, topic: place.topic };
    let copied = standing(kept.get(), log, home) ?? begin(log, home);
    const save = (next: Copied): void => {
      kept.put(next);
      copied = next;
    };
    save(copied);
    const lines = carrierLines[own.lang];
    const call = (name: string, payload: object, open: () => AsyncIterable<Uint8Array>): Call => ({
      method: "sendDocument",
      payload: {
        chat_id: place.chat,
        ...(place.topic === null ? {} : { message_thread_id: place.topic }),
        document: "attach://sealed",
        disable_content_type_detection: true,
        ...payload,
      },
      uploads: new Map([["sealed", { name, open }]]),
    });

    const sendFile = async ({ id, path }: LogView["files"][number]): Promise<boolean> => {
      const note = (message: MessageId | null): void =>
        save({ ...copied, files: [...copied.files, { id, chat: place.chat, message, at: o.clock.now() }] });
      const size = await o.disk.size(path);
      // Lost, or gone with its post meanwhile.
      if (size === null) return true;
      if (size > o.limit) {
        note(null);
        return true;
      }
      o.failpoints("upload.before");
      const silent = { caption: lines.file, disable_notification: true };
      let answer: Answer | null;
      try {
        answer = await ask(
          call("file.psr", silent, () => reading(o.disk, path)),
          signal,
        );
      } catch (error) {
        if ((await o.disk.size(path)) === null) return true;
        throw error;
      }
      if (answer === null) return false;
      o.failpoints("upload.after");
      if (answer.kind === "ok") note(messageOf(answer));
      else if (answer.kind === "refused" && spared.has(answer.why)) note(null);
      else throw notCarried(answer);
      return true;
    };

    const send = async (one: Bundle): Promise<boolean> => {
      const records = one.records.map(({ record }) => new Uint8Array(record));
      const bytes = bundle(certificateOf(log, one.shown.serial), records);
      const page = own.page();
      const payload = {
        caption: lines.post,
        ...(one.news ? {} : { disable_notification: true }),
        ...(page === null || unlinkable(page)
          ? {}
          : {
              reply_markup: {
                inline_keyboard: [[{ text: lines.button, url: locatorOf(o.lib, page, log, one.shown) }]],
              },
            }),
      };
      o.failpoints("event.before");
      const answer = await ask(
        call("post.psr", payload, () => once(bytes)),
        signal,
      );
      if (answer === null) return false;
      o.failpoints("event.after");
      if (answer.kind !== "ok") throw notCarried(answer);
      save({ ...copied, next: one.next });
      return true;
    };

    /** Takes files out of the chat that no record names any more, as far as Telegram lets a bot. */
    const withdraw = async (file: CopiedFile): Promise<boolean> => {
      const { id, chat, message, at } = file;
      // Where the chat has moved its ids are those of other messages.
      if (message !== null && chat === place.chat && o.clock.now() - at < DELETABLE) {
        const payload = { chat_id: place.chat, message_id: message };
        const answer = await ask({ method: "deleteMessage", payload }, signal);
        if (answer === null) return false;
        const refused = answer.kind === "refused" && !heldFor(answer.why) && answer.why !== "unauthorized";
        if (answer.kind !== "ok" && !refused) throw notCarried(answer);
      }
      save({ ...copied, files: copied.files.filter((known) => known.id !== id) });
      return true;
    };

    const there = new Set(copied.files.map((file) => file.id));
    for (const file of log.files)
      if (!there.has(file.id) && (signal.aborted || !(await sendFile(file)))) return;
    for (const one of bundlesOf(log, copied.next, copied.old))
      if (signal.aborted || !(await send(one))) return;
    const named = new Set(log.files.map((file) => file.id));
    for (const file of copied.files)
      if (!named.has(file.id) && (signal.aborted || !(await withdraw(file)))) return;
  };

  return {
    name: o.name,
    async copy(log, signal) {
      const own = rooms.get(log.room);
      if (own !== undefined) await copyRoom(own, log, signal);
    },
  };
}

/** Refusals of a file that are about nothing but this file: the others go on, and readers get it from the feed. */
const spared: ReadonlySet<string> = new Set(["too_large", "too_long", "other"]);

const notCarried = (answer: Exclude<Answer, { kind: "ok" }>): NotCarried => {
  const { code, until } = faultOf(answer);
  return new NotCarried(code, until);
};

const messageOf = ({ result }: Extract<Answer, { kind: "ok" }>): MessageId | null => {
  const sent = Sent.safeParse(result);
  return sent.success ? sent.data.message_id : null;
};

/** What is known of this log in this chat; null: nothing. */
function standing(
  known: Copied | null,
  log: LogView,
  place: { readonly chat: ChatId; readonly topic: TopicId | null },
): Copied | null {
  const same = known?.log === log.roomId && known.chat === place.chat && known.topic === place.topic;
  return same ? known : null;
}

const begin = (log: LogView, place: { readonly chat: ChatId; readonly topic: TopicId | null }): Copied => ({
  log: log.roomId,
  ...place,
  next: { serial: 0, restart: 0, seq: 0 },
  old: newestOf(log),
  files: [],
});

/** Telegram takes no button that leads to the machine itself. */
const unlinkable = (page: string): boolean => /^(.*\.)?localhost$/.test(new URL(page).hostname);

const locatorOf = (lib: typeof sodium, page: string, log: LogView, row: LogRow): string =>
  locator(
    page,
    { roomId: Buffer.from(log.roomId, "hex"), serial: row.serial, restart: row.restart, seq: row.seq },
    recordHash(lib, new Uint8Array(row.record)),
  );

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

async function* reading(disk: Disk, path: string): AsyncGenerator<Uint8Array> {
  const file = await disk.open(path);
  try {
    for (;;) {
      const piece = await file.read(PIECE);
      if (piece.length === 0) return;
      yield piece;
    }
  } finally {
    await file.close();
  }
}
