import { z } from "zod";
import type { Answer, Api, Call } from "./api.ts";
import { ChatId, TopicId } from "./ids.ts";
import { heldFor } from "./look.ts";
import type { RoomWatch } from "./room-watch.ts";

const Addressed = z.object({ chat_id: ChatId, message_thread_id: TopicId.exactOptional() });

/** What puts something new into a chat. */
const isSend = (method: string): boolean => /^(send|copy|forward)/.test(method);

/**
 * The same way to the Bot API: what a call tells of its chat is told to the rooms before the answer is handed on. Where
 * a group became a supergroup, the answer is `migrated`, and the room's place is the new one already; nothing is sent
 * there by itself, since the ids of messages that a call may name mean others there.
 */
export function createWatched(api: Api, watch: Pick<RoomWatch, "move" | "worked" | "refused">): Api {
  const tell = (call: Call, answer: Answer): void => {
    const to = Addressed.safeParse(call.payload);
    if (!to.success || /^get/.test(call.method)) return;
    const { chat_id, message_thread_id } = to.data;
    const topic = message_thread_id ?? null;
    if (answer.kind === "ok" && isSend(call.method)) watch.worked(chat_id, topic);
    if (answer.kind !== "refused") return;
    if (answer.migratedTo !== undefined) watch.move(chat_id, answer.migratedTo);
    const held = heldFor(answer.why);
    // To edit, delete or pin takes rights of its own, and names no topic; a send may do all the same.
    if (held !== null && (isSend(call.method) || held === "out" || held === "gone"))
      watch.refused(chat_id, topic, held);
  };

  return {
    async call(call, signal): Promise<Answer> {
      const answer = await api.call(call, signal);
      tell(call, answer);
      return answer;
    },
  };
}
