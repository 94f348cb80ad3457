import { GrammyError } from "grammy";
import { answerOf } from "../../adapters/telegram/answers.ts";
import type { Answer, Api, Call } from "../../adapters/telegram/api.ts";
import { ChatId } from "../../adapters/telegram/ids.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import { uploadOf } from "../../simulators/telegram/files.ts";
import type { Chat, Right, User } from "../../simulators/telegram/model.ts";
import type { Settings } from "../../simulators/telegram/settings.ts";
import { Telegram } from "../../simulators/telegram/telegram.ts";

export const TOKEN = "4242:simulated";
const BOT: User = { id: 4_242, isBot: true, firstName: "Postern", username: "postern_bot" };
export const CHANNEL_CHAT = ChatId.parse(-1_001_000_000_001);

export const stranger: User = { id: 999, isBot: false, firstName: "Староста" };

/** A simulated Telegram with one bot. */
export function simulated(clock: Clock, settings: Partial<Settings> = {}): Telegram {
  const telegram = new Telegram({ clock, settings });
  telegram.world.addBot({
    user: BOT,
    token: TOKEN,
    canJoinGroups: true,
    seesAllGroupMessages: false,
    commands: [],
  });
  return telegram;
}

/** A chat in which the bot may post. */
export function chatIn(
  telegram: Telegram,
  id: number,
  rights: readonly Right[] = ["can_post_messages"],
  type: "channel" | "supergroup" = "channel",
): Chat {
  const chat = telegram.world.addChat({ id, type, title: "Объявления" });
  telegram.world.join(chat, BOT, "administrator", new Set(rights));
  return chat;
}

async function bytesOf(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of content) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The way to a simulated Bot API without a network between. `pass`: called on the way there and back. */
export function apiOf(
  telegram: Telegram,
  clock: Clock,
  pass: (at: "there" | "back", call: Call) => Promise<void> = async () => {},
): Api {
  return {
    async call(call, signal): Promise<Answer> {
      await pass("there", call);
      if (signal.aborted) return { kind: "unreached", code: "ended" };
      const files = new Map<string, ReturnType<typeof uploadOf>>();
      for (const [key, upload] of call.uploads ?? [])
        files.set(key, uploadOf(upload.name, await bytesOf(upload.open())));
      const reply = await telegram.call({
        token: TOKEN,
        method: call.method,
        payload: call.payload,
        files,
        signal,
      });
      await pass("back", call);
      if (reply.kind === "hang") {
        await clock.sleep(call.deadline ?? 30_000, signal);
        return { kind: "lost", code: "timeout" };
      }
      if (reply.kind !== "answer") return { kind: "lost", code: "no_answer" };
      if (reply.delay > 0) await clock.sleep(reply.delay, signal);
      const { body } = reply;
      if (body.ok) return { kind: "ok", result: body.result };
      return answerOf(new GrammyError("refused", body, call.method, {}), clock.now());
    },
  };
}
