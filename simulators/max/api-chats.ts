import { type Answer, error, json } from "./answer.ts";
import type { Simulator } from "./simulator.ts";
import type { Channel } from "./world.ts";

const denied = () => error(403, "chat.denied", "Bot has no access to the chat");
const missing = () => error(404, "not.found", "Chat not found");

/** GET /me */
export function getMe(sim: Simulator): Answer {
  return json(200, sim.render.userWithPhoto(sim.world.bot));
}

/** What hangs on /chats/{id}: the chat itself, the bot's membership, the administrators, the pinned message. */
export function getChat(sim: Simulator, chatId: string, what: string): Answer {
  const channel = sim.world.channels.get(chatId);
  if (channel === undefined) return missing();
  if (what === "")
    return channel.bot.member ? json(200, sim.render.chat(channel, sim.clock.now())) : denied();
  if (!channel.bot.member) return denied();
  if (what === "/members/me") return json(200, sim.render.member(channel, sim.world.bot));
  if (!channel.bot.admin && channel.type !== "dialog") return denied();
  if (what === "/members/admins") return json(200, { members: admins(sim, channel) });
  return json(200, { message: pinned(sim, channel) });
}

function admins(sim: Simulator, channel: Channel) {
  const users = channel.bot.admin ? [sim.world.bot, channel.owner] : [channel.owner];
  return users.map((user) => sim.render.member(channel, user));
}

function pinned(sim: Simulator, channel: Channel) {
  const message = channel.pinned === null ? undefined : channel.find(channel.pinned);
  return message === undefined ? null : sim.render.message(channel, message);
}
