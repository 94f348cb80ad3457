import type { Client } from "./client.ts";
import { Message, Messages, readStandIn } from "./wire.ts";

const DEADLINE = 30_000;

/** One message as it is now. `missing`: MAX does not have it, or does not show it; `unknown`: no answer now. */
async function lookUp(
  client: Client,
  mid: string,
  signal: AbortSignal,
): Promise<Message | "missing" | "unknown"> {
  const place = readStandIn(mid);
  if (place !== null) {
    const { chat, at } = place;
    const around = { chat_id: chat, after: String(at - 1), before: String(at + 1), count: "100" };
    const answer = await client.get("/messages", around, DEADLINE, signal);
    if (answer.kind !== "ok") return "unknown";
    const page = Messages.safeParse(answer.json);
    if (!page.success) return "unknown";
    const found = page.data.messages.map((item) => Message.safeParse(item).data);
    return found.find((m) => m?.mid === mid) ?? "missing";
  }
  // An address with such a step would be another one.
  if (/^\.\.?$/.test(mid)) return "unknown";
  const answer = await client.get(`/messages/${encodeURIComponent(mid)}`, {}, DEADLINE, signal);
  if (answer.kind === "refused" && answer.status === 404) return "missing";
  return answer.kind === "ok" ? (Message.safeParse(answer.json).data ?? "unknown") : "unknown";
}

/** For whether a chat may be read, ms. */
const RIGHTS_DEADLINE = 20_000;

/** Whether the bot may read a chat now. */
async function mayRead(client: Client, chat: string, signal: AbortSignal): Promise<boolean> {
  const rights = await client.get("/messages", { chat_id: chat, count: "1" }, RIGHTS_DEADLINE, signal);
  return rights.kind === "ok" && Messages.safeParse(rights.json).success;
}

/**
 * One message of a chat as it is now, or `gone` for good. "Not found" is also what a bot without rights is told, and
 * these may just have been lost or come back: it is gone where it is not found between two looks that the bot may read.
 * A chat that is not known (null) cannot be asked about.
 */
export async function lookUpSurely(
  client: Client,
  chat: string | null,
  mid: string,
  signal: AbortSignal,
): Promise<Message | "gone" | "unknown"> {
  const first = await lookUp(client, mid, signal);
  if (first !== "missing") return first;
  if (chat === null) return "gone";
  if (!(await mayRead(client, chat, signal))) return "unknown";
  const second = await lookUp(client, mid, signal);
  if (second !== "missing") return second;
  return (await mayRead(client, chat, signal)) ? "gone" : "unknown";
}
