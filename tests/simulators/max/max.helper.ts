import { onTestFinished } from "vitest";
import { z } from "zod";
import type { SimulatorClock } from "../../../simulators/max/clock.ts";
import { type StartOptions, startMaxSimulator } from "../../../simulators/max/server.ts";

/** A clock that stands still until it is moved; sleeps end when it passes them. */
export class HandClock implements SimulatorClock {
  #now = Date.UTC(2026, 10, 2, 9);
  #sleeping: { until: number; wake: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      this.#sleeping.push({ until: this.#now + ms, wake: resolve });
      if (signal?.aborted) resolve();
      signal?.addEventListener("abort", () => resolve(), { once: true });
    });
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = this.#sleeping.filter((s) => s.until <= this.#now);
    this.#sleeping = this.#sleeping.filter((s) => s.until > this.#now);
    for (const sleep of due) sleep.wake();
  }
}

/** A simulator for the running test, on a clock that stands still, and a way to ask it. */
export async function startMax(options: Partial<StartOptions> = {}) {
  const clock = new HandClock();
  const max = await startMaxSimulator({ port: 0, clock, ...options });
  onTestFinished(() => max.close());
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(max.url + path, { headers: { authorization: max.token }, ...init });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text };
  };
  const get = async (path: string): Promise<unknown> => JSON.parse((await ask(path)).text);
  const read = async <S extends z.ZodType>(path: string, schema: S) => schema.parse(await get(path));
  const poll = (query = "") => read(`/updates?timeout=0${query}`, Updates);
  return { max, clock, control: max.control, ask, get, read, poll };
}

const Link = z.object({
  type: z.string(),
  chat_id: z.number().optional(),
  message: z.object({ mid: z.string(), text: z.string() }),
});
const Attachment = z.looseObject({
  type: z.string(),
  payload: z.looseObject({ url: z.string().optional(), token: z.string().optional() }).optional(),
});

/** As much of a message as these tests look at. */
export const Message = z.object({
  timestamp: z.number(),
  link: Link.optional(),
  stat: z.object({ views: z.number() }).optional(),
  body: z.object({ mid: z.string(), text: z.string(), attachments: z.array(Attachment).optional() }),
});
export const Messages = z.object({ messages: z.array(Message) });
const Updates = z.object({
  marker: z.number().nullable(),
  updates: z.array(
    z.object({
      update_type: z.string(),
      timestamp: z.number(),
      message: Message.optional(),
      message_id: z.string().optional(),
    }),
  ),
});

/** The texts of an answer of GET /messages. */
export const texts = (page: z.infer<typeof Messages>) => page.messages.map((m) => m.body.text);

/** The URL of the only attachment of a message, without the host. */
export function mediaPath(message: z.infer<typeof Message>): string {
  const url = new URL(message.body.attachments?.[0]?.payload?.url ?? "none:");
  return url.pathname + url.search;
}
