import { ControlError } from "./compose.ts";
import { ChatInput, CloseInput, CreateChannelInput, PinInput, SetBotInput } from "./inputs.ts";
import { operation, query } from "./operation.ts";
import type { Simulator } from "./simulator.ts";
import { allPermissions, Channel, type Membership } from "./world.ts";

/** The channel of that id. Throws ControlError. */
export function channelOf(sim: Simulator, chatId: string): Channel {
  const channel = sim.world.channels.get(chatId);
  if (channel === undefined) throw new ControlError(`no channel ${chatId}`);
  return channel;
}

/** Queues bot_added or bot_removed: every bot gets these, whatever its rights. */
export function announceBot(sim: Simulator, channel: Channel, type: "bot_added" | "bot_removed"): void {
  sim.updates.push(type, {
    timestamp: sim.clock.now(),
    chat_id: BigInt(channel.chatId),
    user: sim.render.userWithPhoto(channel.owner),
    user_id: channel.owner.id,
    is_channel: channel.type === "channel",
    update_type: type,
  });
}

export function channelOperations(sim: Simulator) {
  const createChannel = operation(CreateChannelInput.prefault({}), (input) => {
    const type = input.type ?? "channel";
    const n = BigInt(sim.world.channels.size + 1);
    const chatId = input.chatId ?? String(type === "dialog" ? 182_182_180n + n : -(70_801_090_403_049n + n));
    if (sim.world.channels.has(chatId)) throw new ControlError(`channel ${chatId} exists already`);
    const now = sim.clock.now();
    const bot: Membership = {
      member: input.bot?.member ?? true,
      admin: type !== "dialog" && (input.bot?.admin ?? true),
      permissions: input.bot?.permissions ?? allPermissions,
      joined: now,
    };
    const channel = new Channel({
      chatId,
      type,
      title: input.title ?? "Объявления",
      description: input.description ?? null,
      link: input.link ?? null,
      participants: input.participants ?? 3,
      owner: sim.compose.user({ firstName: "Деканат", lastName: "Факультета" }),
      bot,
      lastEvent: now,
    });
    sim.world.channels.set(chatId, channel);
    if (bot.member && type !== "dialog" && input.announce !== false) announceBot(sim, channel, "bot_added");
    return { chatId };
  });

  return {
    /** Creates a channel (or chat, or dialog) that the bot is in, as an administrator who reads all, unless told otherwise. */
    createChannel,

    /** Changes the bot's membership and rights; joining and leaving queue bot_added and bot_removed. */
    setBot: operation(SetBotInput, (input) => {
      const channel = channelOf(sim, input.chatId);
      const { bot } = channel;
      const was = bot.member;
      bot.member = input.member ?? bot.member;
      bot.admin = input.admin ?? bot.admin;
      bot.permissions = input.permissions ?? bot.permissions;
      if (was !== bot.member) announceBot(sim, channel, bot.member ? "bot_added" : "bot_removed");
      return { member: bot.member, admin: bot.admin, permissions: bot.permissions };
    }),

    /** Closes a channel for everybody, or opens it again. */
    close: operation(CloseInput, ({ chatId, closed }) => {
      channelOf(sim, chatId).closed = closed ?? true;
      return {};
    }),

    /** Pins a message, or with `mid: null` none. MAX sends no update for it. */
    pin: operation(PinInput, ({ chatId, mid }) => {
      const channel = channelOf(sim, chatId);
      if (mid !== null && channel.find(mid) === undefined)
        throw new ControlError(`no message ${mid} in ${chatId}`);
      channel.pinned = mid;
      return {};
    }),

    /** All channels. */
    channels: query(() =>
      [...sim.world.channels.values()].map((c) => ({
        chatId: c.chatId,
        type: c.type,
        title: c.title,
        messages: c.messages.length,
        bot: { member: c.bot.member, admin: c.bot.admin, permissions: c.bot.permissions },
      })),
    ),

    /** What stands in a channel now, oldest first, as the API would write it; whatever the bot's rights. */
    messages: operation(ChatInput, ({ chatId }) => {
      const channel = channelOf(sim, chatId);
      return channel.messages.map((m) => sim.render.message(channel, m, true));
    }),
  };
}
