import type { z } from "zod";
import { channelOf } from "./control-channels.ts";
import { midOf } from "./ids.ts";
import { EventInput, RepeatInput, UnknownInput, UpdateInput, WebhookInput } from "./inputs.ts";
import type { JsonObject } from "./json.ts";
import { operation, query } from "./operation.ts";
import { replayInto } from "./replay.ts";
import type { Simulator } from "./simulator.ts";
import { troublesOfType } from "./troubles.ts";
import type { Channel } from "./world.ts";

/** A message number that no message of the channel has. */
const unusedSeq = (channel: Channel, now: number) => channel.seqs.make(now - 3_600_000);

export function updateOperations(sim: Simulator) {
  return {
    /** Queues an update as it stands: unknown types, or broken ones. Answers its sequence number. */
    update: operation(UpdateInput, ({ update }) => {
      const type = String(update.update_type);
      const body = { timestamp: sim.clock.now(), ...update };
      return { seq: sim.updates.push(type, body, troublesOfType(type)) };
    }),

    /** Queues an update that was recorded elsewhere, as it stands, and lets the history follow it. */
    replay: operation(UpdateInput, ({ update }) => {
      replayInto(sim, update);
      return { seq: sim.updates.push(String(update.update_type), update) };
    }),

    /** Queues one of the updates that are not about posts. */
    event: operation(EventInput, (input) => ({ seq: sim.updates.push(input.type, eventBody(sim, input)) })),

    /** Queues message_edited for a message that was never posted. */
    unknownEdit: operation(UnknownInput, ({ chatId, text, at }) => {
      const channel = channelOf(sim, chatId);
      const timestamp = sim.clock.now();
      const seq = unusedSeq(channel, timestamp);
      const body = { mid: midOf(chatId, seq), seq, text: text ?? "", markup: [], attachments: [] };
      const message = {
        chatId,
        timestamp: at ?? timestamp - 3_600_000,
        sender: null,
        link: null,
        body,
        views: 0,
        bodiless: false,
        raw: null,
      };
      const update = {
        message: sim.render.message(channel, message),
        timestamp,
        update_type: "message_edited",
      };
      sim.updates.push("message_edited", update, ["unknown_edit"]);
      return { mid: body.mid };
    }),

    /** Queues message_removed for a message that was never posted. */
    unknownRemoval: operation(UnknownInput, ({ chatId }) => {
      const channel = channelOf(sim, chatId);
      const timestamp = sim.clock.now();
      const mid = midOf(chatId, unusedSeq(channel, timestamp));
      const update = {
        message_id: mid,
        chat_id: BigInt(chatId),
        user_id: channel.owner.id,
        timestamp,
        update_type: "message_removed",
      };
      sim.updates.push("message_removed", update, ["unknown_removal"]);
      return { mid };
    }),

    /** Queues the last updates (not yet committed) once more. */
    repeatUpdates: operation(RepeatInput, ({ last }) => ({ repeated: sim.updates.repeat(last) })),

    /** Drops every queued update, as MAX does after 24 h. */
    expireUpdates: query(() => {
      const dropped = sim.updates.expire();
      sim.stats.met.add("updates_expired", dropped);
      return { dropped };
    }),

    /** Subscribes a webhook as another program of the bot would (nothing is delivered to it), or ends all (null). */
    webhook: operation(WebhookInput, ({ url }) => {
      const known = sim.world.subscriptions;
      if (url === null) known.clear();
      else known.set(url, { time: sim.clock.now(), updateTypes: null });
      sim.updates.wake();
      return {};
    }),
  };
}

function eventBody(sim: Simulator, input: z.output<typeof EventInput>): JsonObject {
  const channel = channelOf(sim, input.chatId);
  const user = input.user === undefined ? channel.owner : sim.compose.user(input.user);
  const timestamp = sim.clock.now();
  const base = { chat_id: BigInt(channel.chatId), user: sim.render.userWithPhoto(user) };
  const tail = { timestamp, update_type: input.type };
  const is_channel = channel.type === "channel";
  switch (input.type) {
    case "bot_started":
      return { ...base, payload: input.payload, user_locale: "ru", user_id: user.id, ...tail };
    case "chat_title_changed":
      channel.title = input.title ?? channel.title;
      return { ...base, title: channel.title, user_id: user.id, ...tail };
    case "user_added":
      return { ...base, inviter_id: channel.owner.id, user_id: user.id, is_channel, ...tail };
    case "user_removed":
      return { ...base, admin_id: channel.owner.id, user_id: user.id, is_channel, ...tail };
    case "dialog_muted":
      return { ...base, muted_until: timestamp + 3_600_000, user_locale: "ru", ...tail };
    case "message_callback": {
      const message = input.mid === undefined ? undefined : channel.find(input.mid);
      return {
        callback: {
          timestamp,
          callback_id: `callback-${timestamp}`,
          payload: input.payload,
          user: sim.render.user(user),
        },
        message: message === undefined ? null : sim.render.message(channel, message),
        user_locale: "ru",
        ...tail,
      };
    }
    default:
      return { ...base, user_locale: "ru", ...tail };
  }
}
