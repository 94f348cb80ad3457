import type { ChannelId } from "../../bridge/model/ids.ts";
import type { CheckFinding } from "../../bridge/model/source.ts";
import type { Answer, Client } from "./client.ts";
import { Chat, Member } from "./wire.ts";

/** For one question, ms: a person waits for the answer. */
const DEADLINE = 10_000;
/** Channels asked for at the same time: MAX allows 30 requests a second, and the polls need some of them. */
const AT_ONCE = 2;

const failed = (answer: Exclude<Answer, { kind: "ok" }>, refused: string): string => {
  if (answer.kind === "trouble") return answer.code;
  return answer.status === 401 ? "token_refused" : refused;
};

/** Whether the token is good and the bot may read each channel. Codes are those of the command line's texts. */
export async function check(
  client: Client,
  channels: readonly ChannelId[],
  signal: AbortSignal,
): Promise<readonly CheckFinding[]> {
  const me = await client.get("/me", {}, DEADLINE, signal);
  if (me.kind !== "ok") return [{ ok: false, code: failed(me, "access_denied") }];
  const each = new Map<ChannelId, CheckFinding>();
  const waiting = channels.values();
  const ask = async (): Promise<void> => {
    for (const channel of waiting) each.set(channel, await checkChannel(client, channel, signal));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, ask));
  return [{ ok: true, code: "token_accepted" }, ...channels.flatMap((channel) => each.get(channel) ?? [])];
}

async function checkChannel(client: Client, channel: ChannelId, signal: AbortSignal): Promise<CheckFinding> {
  const path = `/chats/${encodeURIComponent(channel)}`;
  const chat = await client.get(path, {}, DEADLINE, signal);
  if (chat.kind !== "ok") return { ok: false, code: failed(chat, "not_in_channel"), channel };
  const status = Chat.safeParse(chat.json).data?.status ?? "active";
  if (status === "removed" || status === "left") return { ok: false, code: "not_in_channel", channel };
  if (status !== "active") return { ok: false, code: "channel_closed", channel };
  const answer = await client.get(`${path}/members/me`, {}, DEADLINE, signal);
  if (answer.kind !== "ok") return { ok: false, code: failed(answer, "not_in_channel"), channel };
  const member = Member.safeParse(answer.json);
  if (!member.success) return { ok: false, code: "bad_answer", channel };
  if (!member.data.is_admin) return { ok: false, code: "not_admin", channel };
  // Owners have no list of permissions: they may do everything.
  if (member.data.permissions != null && !member.data.permissions.includes("read_all_messages"))
    return { ok: false, code: "lacks_read_all_messages", channel };
  return { ok: true, code: "channel_readable", channel };
}
