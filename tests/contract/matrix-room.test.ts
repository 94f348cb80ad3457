import { runIntake } from "../../bridge/intake.ts";
import { Cursor } from "../../bridge/model/ids.ts";
import { boundless } from "../../bridge/space.ts";
import { post } from "../core.helper.ts";
import { world } from "../matrix/room.helper.ts";
import { destinationContract } from "./destination.contract.ts";

destinationContract("a Matrix room", async () => {
  const w = await world();
  const known = new Set<number>();
  return {
    destination: w.destination,
    outbox: w.bridge.outbox,
    now: () => w.clock.now(),
    seen: async () => w.bodies(),
    async accept({ post: n, text, at }) {
      const stop = new AbortController();
      const time = w.clock.now() + at;
      const { channel, foreignId } = post(n, "");
      const event =
        text === null
          ? ({ type: "removed", channel, foreignId, at: time } as const)
          : ({ type: known.has(n) ? "edited" : "posted", post: post(n, text), at: time } as const);
      known.add(n);
      await runIntake(
        {
          source: {
            name: w.source.name,
            media: async () => ({ kind: "gone" }),
            gone: async () => "unknown",
            check: async () => [],
            async *events() {
              yield { kind: "batch", events: [event], cursor: Cursor.parse("1"), readAt: time };
            },
          },
          outbox: w.bridge.outbox,
          mappings: w.mappings,
          clock: w.clock,
          failpoints: w.failpoints,
          space: boundless(w.clock),
          lang: () => "ru",
          report: () => {},
        },
        stop.signal,
      );
    },
  };
});
