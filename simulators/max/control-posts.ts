import { channelOf } from "./control-channels.ts";
import { midOf } from "./ids.ts";
import { EditInput, PublishInput, RemoveInput } from "./inputs.ts";
import type { JsonObject } from "./json.ts";
import { operation } from "./operation.ts";
import type { Simulator } from "./simulator.ts";
import { type Trouble, troublesIn } from "./troubles.ts";
import type { Channel, Message } from "./world.ts";

interface Told {
  readonly type: string;
  readonly body: JsonObject;
  readonly troubles: readonly Trouble[];
}

/** Queues an update about posts, if the bot may see posts there; now and then twice, if the settings say so. */
function tell(sim: Simulator, channel: Channel, { type, body, troubles }: Told, repeat: () => boolean): void {
  if (!channel.readable) {
    sim.stats.met.add("withheld");
    return;
  }
  const update = { ...body, timestamp: sim.clock.now(), update_type: type };
  sim.updates.push(type, update, troubles);
  if (repeat()) sim.updates.push(type, update, [...troubles, "repeated_update"]);
}

export function postOperations(sim: Simulator) {
  const repeat = () => sim.settings.duplicates > 0 && sim.chance() < sim.settings.duplicates;

  return {
    /** Posts a message. Answers its mid, its seq as text, and its time. */
    publish: operation(PublishInput, (input) => {
      const channel = channelOf(sim, input.chatId);
      const timestamp = input.at ?? sim.clock.now();
      const link = sim.compose.link(channel, input);
      const content = sim.compose.content(channel.chatId, input);
      const seq = channel.seqs.make(timestamp);
      const owner = channel.type === "channel" ? null : channel.owner;
      const message: Message = {
        chatId: channel.chatId,
        timestamp,
        sender: input.sender === undefined ? owner : input.sender && sim.compose.user(input.sender),
        link,
        body: { mid: midOf(channel.chatId, seq), seq, ...content },
        views: input.views ?? 0,
        bodiless: input.bodiless ?? false,
        raw: null,
      };
      channel.put(message);
      channel.lastEvent = Math.max(channel.lastEvent, timestamp);
      if (input.silent !== true) {
        const body = { message: sim.render.message(channel, message) };
        tell(sim, channel, { type: "message_created", body, troubles: troublesIn(message) }, repeat);
      }
      return { mid: message.body.mid, seq: String(seq), timestamp };
    }),

    /** Edits a message: what is not given stays; a new text without markup has none. */
    edit: operation(EditInput, (input) => {
      const { channel, message } = sim.compose.located(input.mid);
      const given = sim.compose.content(channel.chatId, input);
      const body = {
        ...message.body,
        ...(input.text === undefined ? {} : { text: given.text, markup: given.markup }),
        ...(input.markup === undefined ? {} : { markup: given.markup }),
        ...(input.attachments === undefined ? {} : { attachments: given.attachments }),
      };
      const edited = { ...message, body, raw: null };
      channel.put(edited);
      if (input.silent !== true) {
        const told = { message: sim.render.message(channel, edited) };
        tell(sim, channel, { type: "message_edited", body: told, troubles: troublesIn(edited) }, repeat);
      }
      return { mid: input.mid };
    }),

    /** Removes a message. `by`: who did it; default the channel's owner. */
    remove: operation(RemoveInput, (input) => {
      const { channel } = sim.compose.located(input.mid);
      channel.delete(input.mid);
      if (input.silent !== true) {
        const user_id = input.by === undefined ? channel.owner.id : BigInt(input.by);
        const body = { message_id: input.mid, chat_id: BigInt(channel.chatId), user_id };
        tell(sim, channel, { type: "message_removed", body, troubles: [] }, repeat);
      }
      return { mid: input.mid };
    }),
  };
}
