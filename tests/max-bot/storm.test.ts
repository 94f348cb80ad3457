import { expect, test } from "vitest";
import { seeded } from "../../simulators/max/chance.ts";
import { mirror } from "./mirror.helper.ts";

const HOUR = 3_600_000;

/**
 * A bad week in small: posts, edits, removals, lost and repeated updates, faults of every kind, absences and restarts,
 * all from one seed. In the end the room shows what the channel shows.
 */
test.each([1, 2, 3, 4, 5, 6])(
  "whatever happens, the room comes to show what the channel shows (seed %i)",
  async (seed) => {
    const chance = seeded(seed);
    const pick = <T>(list: readonly T[]): T | undefined => list[Math.floor(chance() * list.length)];
    const m = await mirror({
      settings: { duplicates: 0.2, noMarker: pick(["latest", "uncommitted"]) ?? "latest" },
    });
    m.publish("старое");
    m.clock.advance(2000);
    let runtime = await m.up();
    const live = new Map<string, string>();
    const gone = new Set<string>();
    const faults = [
      { kind: "status", status: 500 },
      { kind: "reset" },
      { kind: "html" },
      { kind: "rate_limit", retryAfter: 3 },
      { kind: "rate_limit" },
    ] as const;
    m.control.faultChance({
      seed,
      rules: faults.map((fault) => ({ path: "*", probability: 0.06, fault })),
    });
    const post = (text: string, silent: boolean) => {
      live.set(m.control.publish({ chatId: m.chatId, text, silent }).mid, text);
    };
    for (let step = 0; step < 60; step++) {
      const what = chance();
      const silent = chance() < 0.15;
      const mid = pick([...live.keys()]);
      if (what < 0.45 || mid === undefined) post(`пост ${step}`, silent);
      else if (what < 0.65) {
        const text = `${(live.get(mid) ?? "").replace(/ \(.*/, "")} (правка ${step})`;
        m.control.edit({ mid, text, silent });
        live.set(mid, text);
      } else if (what < 0.72) {
        m.control.remove({ mid, silent });
        gone.add(live.get(mid) ?? "");
        live.delete(mid);
      } else if (what < 0.78) m.control.expireUpdates();
      else if (what < 0.84) {
        await runtime.stop();
        m.clock.advance(Math.floor(chance() * 30) * HOUR);
        runtime = m.run();
      } else if (what < 0.92) m.clock.advance(Math.floor(chance() * 3_000));
      else await m.settled();
      m.clock.advance(1 + Math.floor(chance() * 400));
    }
    m.control.clearFaults();
    await m.settled();
    await m.later(HOUR + 1);
    const order = (list: readonly string[]) => list.toSorted();
    await m.until(() => JSON.stringify(order(posts())) === JSON.stringify(order([...live.values()])));
    expect(m.control.stats().writes).toBe(0);
    expect(m.vanished()).toEqual([]);
    expect(posts()).not.toContain("старое");

    /** What stands in the room, but for Postern's own replies that tell of changes. */
    function posts(): readonly string[] {
      return m.items().flatMap((i) => (i.reply === undefined ? [i.text] : []));
    }
  },
);
