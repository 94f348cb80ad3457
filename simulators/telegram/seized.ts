import type { User } from "./model.ts";
import { type SeenMessage, seenMessage } from "./seen.ts";
import type { Telegram } from "./telegram.ts";

interface Person {
  readonly id: number;
  readonly name: string;
  readonly username: string | null;
}

/** What whoever has a bot's token gets out of Telegram, over MTProto as well as the Bot API. */
export interface Seized {
  /** Members of chats: of channels where the bot is an administrator, of groups where it is in. */
  readonly chats: readonly {
    readonly id: number;
    readonly title: string;
    readonly type: string;
    readonly members: readonly Person[];
    /** Who asked to join and was not answered. */
    readonly requests: readonly Person[];
    /** What stands in a channel or group, since the bot may fetch it by number. */
    readonly messages: readonly SeenMessage[];
  }[];
  /** Messages in private chats that were not deleted, of both sides. */
  readonly private: readonly { readonly person: Person; readonly messages: readonly SeenMessage[] }[];
  /** Who ever wrote to the bot: Telegram keeps the dialogue when its messages are deleted. */
  readonly wrote: readonly Person[];
}

const person = ({ id, firstName, lastName, username }: User): Person => ({
  id,
  name: [firstName, lastName ?? ""].join(" ").trim(),
  username: username ?? null,
});

/** Null: the token opens nothing (it was revoked). */
export function seized(telegram: Telegram, token: string): Seized | null {
  const { world } = telegram;
  const bot = telegram.botOf(token);
  if (bot === undefined) return null;
  const open = [...world.chats.values()].filter((chat) => {
    const status = chat.members.get(bot.user.id)?.status;
    if (chat.gone || chat.migratedTo !== null) return false;
    if (status === "administrator" || status === "creator") return true;
    return chat.type !== "channel" && (status === "member" || status === "restricted");
  });
  const privates = world.privateChats(bot.user.id);
  const here = (chat: (typeof open)[number]) =>
    [...chat.members.values()].filter((m) => m.status !== "left" && m.status !== "kicked");
  return {
    chats: open.map((chat) => ({
      id: chat.id,
      title: chat.title,
      type: chat.type,
      members: here(chat)
        .filter((m) => !m.user.isBot)
        .map((m) => person(m.user)),
      requests: [...chat.requests.values()].map((r) => person(r.user)),
      messages: [...chat.messages.values()].map((message) => seenMessage(chat, message)),
    })),
    private: privates
      .filter((chat) => chat.messages.size > 0)
      .flatMap((chat) =>
        chat.peer === null
          ? []
          : [
              {
                person: person(chat.peer.user),
                messages: [...chat.messages.values()].map((message) => seenMessage(chat, message)),
              },
            ],
      ),
    wrote: privates
      .filter((chat) => chat.blocked !== null)
      .flatMap((chat) => (chat.peer === null ? [] : [person(chat.peer.user)])),
  };
}
