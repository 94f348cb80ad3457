import { createServer, type ServerResponse } from "node:http";
import { expect, onTestFinished } from "vitest";
import { createMaxBotSource } from "../../adapters/max-bot/source.ts";
import { MappingName, RoomName, SourceName } from "../../bridge/model/ids.ts";
import type { Mapping } from "../../bridge/model/mapping.ts";
import type { Reports } from "../../bridge/runtime.ts";
import { core, mapping, start, texts, waiting } from "../core.helper.ts";
import { type Group, isGroup, spelled } from "../fuzz/json.helper.ts";
import { channelPlan, DAY, maxWorld, noChance } from "../max-bot/max-bot.helper.ts";

/** What MAX's stand-in answered. */
export interface Answered {
  readonly path: string;
  readonly status: number;
  readonly text: string;
}
/** Answers in MAX's place; false: the answer itself goes through. */
export type Instead = (answered: Answered, response: ServerResponse) => boolean;

/** A message with something wrong in it. */
export type Change = (message: Group, room: "ru" | "en") => unknown;

const RU = RoomName.parse("room-ru");
const EN = RoomName.parse("room-en");

/** Text that marks the message to be spoiled. */
const MARK = "@@spoiled@@";

/** Replaces every message that carries the mark, wherever it stands in an answer. */
function spoiled(json: unknown, change: (message: Group) => unknown): unknown {
  if (Array.isArray(json)) return json.map((item) => spoiled(item, change));
  if (!isGroup(json)) return json;
  const { body } = json;
  if (isGroup(body) && body.text === MARK) return change(json);
  return Object.fromEntries(Object.entries(json).map(([key, inner]) => [key, spoiled(inner, change)]));
}

/**
 * MAX's stand-in with somebody between it and the bridge, and the real core: one channel into a Russian room, another
 * into an English one.
 */
export async function stand(over: Partial<Mapping> = {}) {
  const world = await maxWorld();
  const { clock, control, max } = world;
  const chats = [world.chatId, control.createChannel({ announce: false }).chatId] as const;
  const plans = chats.map((chat) => channelPlan(chat));
  const english = MappingName.parse("english");
  const c = await core({
    clock,
    rooms: [RU, EN],
    english: EN,
    mappings: plans.map(({ channel }, i) =>
      mapping({ ...over, channel, rooms: [i === 0 ? RU : EN], ...(i === 0 ? {} : { name: english }) }),
    ),
  });
  let change: Change = (message) => message;
  const spoil = (message: Group): unknown => {
    const { recipient } = message;
    const russian = isGroup(recipient) && String(recipient.chat_id) === chats[0];
    return change(message, russian ? "ru" : "en");
  };
  let instead: Instead = () => false;
  const server = createServer(async (request, response) => {
    const url = request.url ?? "/";
    const headers = { authorization: request.headers.authorization ?? "" };
    try {
      const answer = await fetch(max.url + url, { headers });
      const text = await answer.text();
      if (instead({ path: url, status: answer.status, text }, response)) return;
      const date = answer.headers.get("date");
      response.writeHead(answer.status, {
        "content-type": "application/json",
        ...(date === null ? {} : { date }),
      });
      response.end(text.includes(MARK) ? spelled(JSON.stringify(spoiled(JSON.parse(text), spoil))) : text);
    } catch {
      response.destroy();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const url = `http://127.0.0.1:${port}`;
  const source = createMaxBotSource({
    name: SourceName.parse("faculty"),
    token: max.token,
    baseUrl: url,
    ca: null,
    proxy: null,
    channels: plans,
    reach: 7 * DAY,
    clock: clock.forSource,
    random: noChance,
  });
  const troubles: string[] = [];
  const reports: Partial<Reports> = {
    intake(report) {
      if (report.kind === "trouble" || report.kind === "stopped") troubles.push(report.code);
    },
  };
  const runtime = start(c, reports, [], {
    sources: [source],
    lang: (name) => (name === english ? "en" : "ru"),
  });
  onTestFinished(() => runtime.stop());
  await world.until(() => control.stats().updates.waiting > 0);
  clock.advance(1000);
  const publish = (text: string): void => {
    for (const chatId of chats) control.publish({ chatId, text });
  };
  const shown = () => ({ ru: texts(c, RU), en: texts(c, EN) });
  return {
    ...world,
    c,
    /** Where the bridge believes MAX to be. */
    url,
    shown,
    troubles,
    publish,
    counters: () => c.bridge.store.counters.all(),
    /** Publishes a message in both channels that `by` changes on its way. */
    spoil(by: Change): void {
      change = by;
      publish(MARK);
    },
    between(by: Instead): void {
      instead = by;
    },
    /** Waits until a post that comes now is shown in both rooms, and nothing waits any more. */
    async goesOn(): Promise<void> {
      publish("после");
      await world.until(() => {
        const { ru, en } = shown();
        return ru.at(-1) === "после" && en.at(-1) === "после" && waiting(c, RU) + waiting(c, EN) === 0;
      });
    },
    /** What stands between the posts before and after, which must both be there. */
    inTheMiddle(): { readonly ru: readonly string[]; readonly en: readonly string[] } {
      const { ru, en } = shown();
      for (const list of [ru, en]) expect([list[0], list.at(-1)]).toEqual(["до", "после"]);
      return { ru: ru.slice(1, -1), en: en.slice(1, -1) };
    },
  };
}
