import type { Client } from "./client.ts";
import { Message, Messages, readStandIn } from "./wire.ts";

const DEADLINE = 30_000;

/** One message as it is now. `missing`: MAX does not have it, or does not show it; `unknown`: no answer now. */
export async function lookUp(
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
  const answer = await client.get(`/messages/${encodeURIComponent(mid)}`, {}, DEADLINE, signal);
  if (answer.kind === "refused" && answer.status === 404) return "missing";
  return answer.kind === "ok" ? (Message.safeParse(answer.json).data ?? "unknown") : "unknown";
}
