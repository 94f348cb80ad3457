import { z } from "zod";
import { ControlError } from "./compose.ts";
import { JsonObject } from "./json.ts";
import type { Simulator } from "./simulator.ts";
import { allPermissions, Channel } from "./world.ts";

const Id = z.union([z.int(), z.bigint()]);
const Recorded = z.object({
  message: z.looseObject({
    recipient: z.looseObject({ chat_id: Id, chat_type: z.enum(["channel", "chat", "dialog"]) }),
    timestamp: z.int(),
    body: z.looseObject({ mid: z.string(), seq: Id, text: z.string().nullish() }),
  }),
});
const raw = z.object({ message: JsonObject });
const Removed = z.object({ message_id: z.string() });

/** Brings the histories to where an update recorded elsewhere left them. Makes the chat where there is none. */
export function replayInto(sim: Simulator, update: JsonObject): void {
  if (update.update_type === "message_removed") {
    const { message_id: mid } = decoded(Removed, update);
    sim.world.locate(mid)?.channel.delete(mid);
  }
  if (update.update_type !== "message_created" && update.update_type !== "message_edited") return;
  const { recipient, timestamp, body } = decoded(Recorded, update).message;
  const chatId = String(recipient.chat_id);
  const channel = sim.world.channels.get(chatId) ?? made(sim, chatId, recipient.chat_type);
  channel.put({
    chatId,
    timestamp,
    sender: null,
    link: null,
    body: { mid: body.mid, seq: BigInt(body.seq), text: body.text ?? "", markup: [], attachments: [] },
    views: 0,
    bodiless: false,
    raw: decoded(raw, update).message,
  });
}

function made(sim: Simulator, chatId: string, type: Channel["type"]): Channel {
  const now = sim.clock.now();
  const channel = new Channel({
    chatId,
    type,
    title: "Объявления",
    description: null,
    link: null,
    participants: 3,
    owner: sim.compose.user({ firstName: "Деканат" }),
    bot: { member: true, admin: type !== "dialog", permissions: allPermissions, joined: now },
    lastEvent: now,
  });
  sim.world.channels.set(chatId, channel);
  return channel;
}

function decoded<S extends z.ZodType>(schema: S, update: JsonObject): z.output<S> {
  const parsed = schema.safeParse(update);
  if (!parsed.success) throw new ControlError(z.prettifyError(parsed.error));
  return parsed.data;
}
