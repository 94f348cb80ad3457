import { z } from "zod";
import type { Answer, Api, Call } from "./api.ts";
import { ChatId, TopicId } from "./ids.ts";
import { heldFor } from "./look.ts";
import type { RoomWatch } from "./room-watch.ts";

const Addressed = z.object({ chat_id: ChatId, message_thread_id: TopicId.exactOptional() });

/** What puts something new into a chat. The ids of messages mean nothing in the chat that took its place. */
const isSend = (method: string): boolean => /^(send|copy|forward)/.test(method);

/**
 * The same way to the Bot API, beside the rooms: what a call tells of its chat is told to the watch. A group that has
 * become a supergroup is followed: what was to be sent is sent there, once more; a message of the old group is gone.
 */
export function createFollowing(
  api: Api,
  watch: Pick<RoomWatch, "now" | "move" | "worked" | "refused">,
): Api {
  const tell = (call: Call, answer: Answer): void => {
    const to = Addressed.safeParse(call.payload);
    if (!to.success) return;
    const { chat_id, message_thread_id } = to.data;
    const topic = message_thread_id ?? null;
    if (answer.kind === "ok" && isSend(call.method)) watch.worked(chat_id, topic);
    if (answer.kind !== "refused") return;
    if (answer.migratedTo !== undefined) watch.move(chat_id, answer.migratedTo);
    const held = heldFor(answer.why);
    // To edit, delete or pin takes rights of its own; without them a send may still do.
    if (held !== null && (isSend(call.method) || held !== "no_rights")) watch.refused(chat_id, topic, held);
  };

  return {
    async call(call, signal): Promise<Answer> {
      const to = Addressed.safeParse(call.payload);
      if (!to.success || /^get/.test(call.method)) return api.call(call, signal);
      const at = (chat: ChatId): Call => ({ ...call, payload: { ...call.payload, chat_id: chat } });
      const first = isSend(call.method) ? at(watch.now(to.data.chat_id)) : call;
      const answer = await api.call(first, signal);
      tell(first, answer);
      if (answer.kind !== "refused" || answer.migratedTo === undefined) return answer;
      if (!isSend(call.method)) return { kind: "refused", why: "message_gone" };
      const again = at(answer.migratedTo);
      const told = await api.call(again, signal);
      tell(again, told);
      return told;
    },
  };
}
