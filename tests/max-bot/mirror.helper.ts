import { onTestFinished } from "vitest";
import type { MaxBotOptions } from "../../adapters/max-bot/source.ts";
import { systemRandom } from "../../bridge/clock.ts";
import type { IntakeReport } from "../../bridge/intake.ts";
import { MappingName } from "../../bridge/model/ids.ts";
import { startRuntime } from "../../bridge/runtime.ts";
import type { StartOptions } from "../../simulators/max/server.ts";
import { core, items, mapping, payloads, type TestCore, texts } from "../core.helper.ts";
import { channelPlan, maxWorld } from "./max-bot.helper.ts";

/** How long MAX holds a poll, ms. */
const POLL = 30_000;

/** A simulated MAX, and the real core that mirrors its channel into a sealed room; both on one clock. */
export async function mirror(options: Partial<StartOptions> = {}, channels = 1) {
  const world = await maxWorld(options);
  const { clock, control } = world;
  const ids = [
    world.chatId,
    ...Array.from({ length: channels - 1 }, () => control.createChannel({ announce: false }).chatId),
  ];
  const plans = ids.map((id) => channelPlan(id));
  const c: TestCore = await core({
    clock,
    mappings: plans.map(({ channel }, i) => mapping({ channel, ...(i === 0 ? {} : { name: nth(i) }) })),
  });
  const reports: IntakeReport[] = [];

  /** Starts the bridge over the same database, as after a restart. */
  const run = (over: Partial<MaxBotOptions> = {}) => {
    const runtime = startRuntime({
      bridge: c.bridge,
      vault: c.vault,
      sources: [world.source({ channels: plans, ...over })],
      carriers: [],
      destinations: [],
      mappings: c.mappings,
      lang: () => "ru",
      clock,
      random: systemRandom,
      failpoints: c.failpoints,
      reports: { intake: (report) => void reports.push(report), delivery() {}, media() {}, carrier() {} },
      filesAtOnce: 2,
      fileDeadline: () => 60_000,
      copied: () => {},
    });
    runtime.ended.catch(() => {});
    onTestFinished(() => runtime.stop());
    return runtime;
  };
  const polls = () => control.requests({ path: "/updates" }).length;
  const held = () => world.until(() => control.stats().updates.waiting > 0);
  return {
    ...world,
    c,
    ids,
    plans,
    reports,
    run,
    /** Starts, and waits until the present was read and a poll is held. */
    async up(over: Partial<MaxBotOptions> = {}) {
      const runtime = run(over);
      await held();
      clock.advance(1000);
      return runtime;
    },
    held,
    /** Lets time pass, which ends the poll that is held, and then the next one. */
    async later(ms: number) {
      await held();
      const before = polls();
      clock.advance(ms);
      await world.until(() => polls() > before && control.stats().updates.waiting > 0);
      clock.advance(POLL);
    },
    /** Waits until everything queued was read and a poll is held again. */
    settled: () =>
      world.until(() => {
        const { pending, waiting } = control.stats().updates;
        return pending === 0 && waiting > 0;
      }),
    /** What a reader sees. */
    shown: () => texts(c),
    items: () => items(c),
    /** Posts, edits and removals that the room was sent. */
    sent: (k: "post" | "edit" | "retract" | "reply") => payloads(c).filter((p) => p.k === k).length,
    /** Waits until the room shows exactly these, in this order. */
    shows: (wanted: readonly string[]) =>
      world.until(() => JSON.stringify(texts(c)) === JSON.stringify(wanted)),
    vanished: () => reports.flatMap((r) => (r.kind === "vanished" ? [r.count] : [])),
  };
}

const nth = (i: number) => MappingName.parse(`mapping-${i}`);
