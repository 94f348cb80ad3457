import { type Answer, type Asked, error } from "./answer.ts";
import { getChat, getMe } from "./api-chats.ts";
import { getMedium, watchPage } from "./api-media.ts";
import { getMessage, getMessages, getVideo } from "./api-messages.ts";
import { getUpdates, subscriptions } from "./api-updates.ts";
import { Window } from "./limits.ts";
import type { Simulator } from "./simulator.ts";
import type { Trouble } from "./troubles.ts";

/** Answers the requests of the Bot API and of media links. */
export function createApi(sim: Simulator): (asked: Asked) => Promise<Answer> | Answer {
  const polls = new Window(sim.clock);
  const all = new Window(sim.clock);

  const tooMany = (trouble: Trouble) => {
    sim.stats.met.add(trouble);
    const after = sim.settings.retryAfter;
    return error(
      429,
      "too.many.requests",
      "Too many requests",
      after === null ? {} : { "retry-after": String(after) },
    );
  };

  return (asked) => {
    const media = /^\/media\/([^/]+)$/.exec(asked.path);
    if (media?.[1] !== undefined) return getMedium(sim, asked, media[1]);
    if (asked.path.startsWith("/watch/")) return watchPage();
    const refused = authorize(sim, asked);
    if (refused !== null) return refused;
    if (!all.take(sim.settings.requestsPerSecond)) return tooMany("too_many_requests");
    if (asked.path === "/updates" && !polls.take(sim.settings.updatesPerSecond))
      return tooMany("too_many_polls");
    return route(sim, asked);
  };
}

function authorize(sim: Simulator, asked: Asked): Answer | null {
  const { refuse } = sim.settings;
  if (asked.query.has("access_token") || refuse === "deprecated") {
    sim.stats.met.add("token_deprecated");
    return error(
      403,
      "deprecated.token",
      "Query parameter access_token is deprecated, use Authorization header",
    );
  }
  if (asked.headers.authorization === sim.token && refuse !== "token") return null;
  sim.stats.met.add("token_refused");
  return error(401, "verify.token", "Invalid access_token");
}

function route(sim: Simulator, asked: Asked): Promise<Answer> | Answer {
  const { path } = asked;
  if (path === "/subscriptions" && ["GET", "POST", "DELETE"].includes(asked.method))
    return subscriptions(sim, asked);
  if (asked.method !== "GET") {
    sim.stats.writes += 1;
    return error(405, "method.not.allowed", "This simulator takes no messages and changes nothing");
  }
  if (path === "/me") return getMe(sim);
  if (path === "/updates") return getUpdates(sim, asked);
  if (path === "/messages") return getMessages(sim, asked);
  const message = /^\/messages\/((?:mid\.)?[A-Za-z0-9_-]+)$/.exec(path);
  if (message?.[1] !== undefined) return getMessage(sim, message[1]);
  const video = /^\/videos\/([\w-]+)$/.exec(path);
  if (video?.[1] !== undefined) return getVideo(sim, video[1]);
  const chat = /^\/chats\/(-?\d+)(|\/members\/me|\/members\/admins|\/pin)$/.exec(path);
  if (chat?.[1] !== undefined) return getChat(sim, chat[1], chat[2] ?? "");
  if (path === "/chats") sim.stats.met.add("chats_gone");
  // GET /chats is gone since June 2026 and falls here, too.
  return error(404, "not.found", `Path ${path} is not recognized`);
}
