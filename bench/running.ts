import { systemClock, systemRandom } from "../bridge/clock.ts";
import { noFailpoints } from "../bridge/failpoint.ts";
import type { Source } from "../bridge/model/source.ts";
import type { Destination } from "../bridge/outbox/destination.ts";
import type { Delivery } from "../bridge/outbox/port.ts";
import { type Runtime, startRuntime } from "../bridge/runtime.ts";
import type { BenchCore } from "./core.ts";

export interface RunningCore {
  /** Resolves when the source was read for the first time: what is published from now on is mirrored. */
  readonly reading: Promise<void>;
  /** Resolves when `what` has come about; rejects when the bridge ends before. It is looked at after each delivery. */
  until(what: () => boolean): Promise<void>;
  stop: Runtime["stop"];
}

/** Runs a core as `postern run` does. `sent` is told of each delivery; one that is not sent breaks the bench. */
export function runCore(
  core: BenchCore,
  source: Source,
  destinations: readonly Destination[],
  sent: (delivery: Delivery) => void,
): RunningCore {
  let look = (): void => {};
  let read = (): void => {};
  const first = new Promise<void>((resolve) => {
    read = resolve;
  });
  const runtime = startRuntime({
    bridge: core.bridge,
    vault: core.vault,
    sources: [source],
    carriers: [],
    destinations,
    mappings: core.mappings,
    lang: () => "ru",
    clock: systemClock,
    random: systemRandom,
    failpoints: noFailpoints,
    reports: {
      intake(report) {
        if (report.kind !== "accepted") throw new Error(`the source cannot be read: ${report.kind}`);
        read();
      },
      delivery(delivery, outcome) {
        if (outcome.kind !== "sent") throw new Error(`a delivery came to ${outcome.kind}`);
        sent(delivery);
        look();
      },
      media() {},
      carrier() {},
    },
    filesAtOnce: 2,
    fileDeadline: () => 600_000,
    copied: () => {},
  });
  const ended = runtime.ended.then(() => Promise.reject(new Error("the bridge ended")));
  ended.catch(() => undefined);
  return {
    reading: Promise.race([first, ended]),
    until(what) {
      const done = new Promise<void>((resolve) => {
        look = () => {
          if (what()) resolve();
        };
      });
      return Promise.race([done, ended]);
    },
    stop: (cut) => runtime.stop(cut),
  };
}
