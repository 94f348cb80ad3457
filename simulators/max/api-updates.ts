import { z } from "zod";
import { type Answer, type Asked, error, json } from "./answer.ts";
import { parseJson } from "./json.ts";
import { integer, list } from "./query.ts";
import type { Simulator } from "./simulator.ts";

/** GET /updates: a long poll that answers as soon as there is something. */
export async function getUpdates(sim: Simulator, asked: Asked): Promise<Answer> {
  const { met } = sim.stats;
  const nothing = (): Answer => {
    met.add("webhook_empty");
    return json(200, { updates: [], marker: null });
  };
  if (sim.world.subscriptions.size > 0) {
    if (sim.settings.pollingWithWebhook !== "405") return nothing();
    met.add("webhook_405");
    return error(405, "method.not.allowed", "Long polling is not available while a webhook is subscribed");
  }
  const limit = integer(asked, "limit", { missing: 100, min: 1, max: 1000 });
  const timeout = integer(asked, "timeout", { missing: 30, min: 0, max: 90 });
  const marker = integer(asked, "marker", { missing: -1, min: 0, max: Number.MAX_SAFE_INTEGER });
  if (limit === null || timeout === null || marker === null) {
    return error(400, "proto.payload", "limit: 1..1000, timeout: 0..90, marker: an integer");
  }
  const wanted = list(asked, "types");
  const types = wanted === null ? null : new Set(wanted);
  const read = () => {
    const page = sim.updates.read(
      marker === -1 ? null : marker,
      Math.min(limit, sim.settings.updatesCap),
      types,
    );
    met.add("updates_expired", page.expired);
    return page;
  };

  const wait = new AbortController();
  const stop = () => wait.abort();
  asked.signal.addEventListener("abort", stop, { once: true });
  const hold = Math.min(timeout, sim.settings.holdCapSeconds);
  const over = sim.clock.sleep(hold * 1000, wait.signal).then(stop);
  try {
    let page = read();
    sim.stats.changed();
    const open = () => sim.world.subscriptions.size === 0 && !wait.signal.aborted && !asked.signal.aborted;
    while (page.updates.length === 0 && hold > 0 && open()) {
      const arrived = sim.updates.arrival(wait.signal);
      sim.stats.changed();
      await Promise.race([arrived, over]);
      page = read();
    }
    if (sim.world.subscriptions.size > 0 && page.updates.length === 0) return nothing();
    if (marker === -1)
      met.add(sim.settings.noMarker === "latest" ? "no_marker_latest" : "no_marker_uncommitted");
    if (page.capped && limit >= sim.settings.updatesCap) met.add("limit_capped");
    if (page.updates.length === 0 && timeout >= sim.settings.holdCapSeconds) met.add("hold_capped");
    for (const trouble of page.troubles) met.add(trouble);
    const empty = page.updates.length === 0 && sim.settings.emptyMarker === "null";
    return json(200, { updates: page.updates, marker: empty ? null : page.marker });
  } finally {
    stop();
    asked.signal.removeEventListener("abort", stop);
    sim.stats.changed();
  }
}

const Subscribe = z.object({
  url: z.string().regex(/^https:\/\/[^/\s]+/, "must be https"),
  secret: z
    .string()
    .regex(/^[\w-]{5,256}$/)
    .optional(),
  update_types: z.array(z.string()).optional(),
});

/** GET, POST and DELETE /subscriptions. Delivering to the webhook is not simulated. */
export function subscriptions(sim: Simulator, asked: Asked): Answer {
  const known = sim.world.subscriptions;
  if (asked.method === "GET") {
    const entries = [...known].map(([url, s]) => ({ url, time: s.time, update_types: s.updateTypes }));
    const version = sim.settings.absent === "null" ? null : undefined;
    return json(200, { subscriptions: entries.map((e) => ({ ...e, version })) });
  }
  if (asked.method === "DELETE") {
    const gone = known.delete(asked.query.get("url") ?? "");
    return json(200, gone ? { success: true } : { success: false, message: "No such subscription" });
  }
  let input: unknown;
  try {
    input = parseJson(Buffer.from(asked.body).toString("utf8"));
  } catch {
    return error(400, "proto.payload", "The body is not JSON");
  }
  const parsed = Subscribe.safeParse(input);
  if (!parsed.success) return error(400, "proto.payload", z.prettifyError(parsed.error));
  known.set(parsed.data.url, { time: sim.clock.now(), updateTypes: parsed.data.update_types ?? null });
  sim.updates.wake();
  return json(200, { success: true });
}
