import { runIntake } from "../../bridge/intake.ts";
import { Cursor } from "../../bridge/model/ids.ts";
import { boundless } from "../../bridge/space.ts";
import { post, type TestCore } from "../core.helper.ts";
import type { DestinationWorld } from "./destination.contract.ts";

/** Brings posts, edits and removals into a core as a source would. */
export function changesOf(c: TestCore): DestinationWorld["accept"] {
  const known = new Set<number>();
  return async ({ post: n, text, at }) => {
    const stop = new AbortController();
    const time = c.clock.now() + at;
    const { channel, foreignId } = post(n, "");
    const event =
      text === null
        ? ({ type: "removed", channel, foreignId, at: time } as const)
        : ({ type: known.has(n) ? "edited" : "posted", post: post(n, text), at: time } as const);
    known.add(n);
    await runIntake(
      {
        source: {
          name: c.source.name,
          media: async () => ({ kind: "gone" }),
          gone: async () => "unknown",
          check: async () => [],
          async *events() {
            yield { kind: "batch", events: [event], cursor: Cursor.parse("1"), readAt: time };
          },
        },
        outbox: c.bridge.outbox,
        mappings: c.mappings,
        clock: c.clock,
        failpoints: c.failpoints,
        space: boundless(c.clock),
        lang: () => "ru",
        report: () => {},
      },
      stop.signal,
    );
  };
}
