import { z } from "zod";
import type { reasons } from "../../bridge/log/events.ts";
import { MappingName, RoomName, SourceName } from "../../bridge/model/ids.ts";
import { Lasting } from "../../bridge/notices/port.ts";
import type { Core } from "../core.ts";
import { operation } from "./operation.ts";

const troubles = [
  "rate_limited",
  "server_error",
  "unreachable",
  "not_json",
  "bad_answer",
  "timeout",
  "tls",
  "proxy",
  "webhook_set",
  "token_refused",
  "access_denied",
  "gone",
] as const satisfies readonly (typeof reasons)[number][];

const millis = z.number();

const SourceStatus = z.object({
  name: SourceName,
  lastRead: millis.nullable(),
  trouble: z.enum(troubles).nullable(),
});

const RoomStatus = z.object({
  name: RoomName,
  keys: z.boolean(),
  queued: z.number(),
  head: z
    .object({
      since: millis,
      mapping: MappingName.nullable(),
      attempts: z.number(),
      due: millis.nullable(),
    })
    .nullable(),
  dead: z.number(),
});

/** What flows, what waits, what failed (bridge-api.ts says what each field means). */
export const status = operation({
  name: "status",
  changes: false,
  input: z.object({}),
  output: z.object({
    running: z.boolean(),
    sources: z.array(SourceStatus),
    rooms: z.array(RoomStatus),
    unmatched: z.number(),
    troubles: z.array(Lasting),
  }),
  async run({ core, live }) {
    const { config, bridge } = core;
    const { sources, counters } = bridge.store;
    return {
      running: live !== null,
      sources: [...config.sources.keys()].map((name) => ({
        name,
        lastRead: sources.readAt(name),
        trouble: troubleOf(sources.trouble(name)),
      })),
      rooms: roomsOf(core),
      unmatched: counters.all().no_mapping ?? 0,
      troubles: [...(live?.troubles() ?? [])],
    };
  },
});

function roomsOf({ config, bridge, clock }: Core): z.output<typeof RoomStatus>[] {
  const { store } = bridge;
  const lengths = new Map(store.lanes.lengths().map((l) => [l.room, l.n]));
  return [...config.rooms.keys()].map((name) => {
    const first = store.lanes.head(name);
    const head = first === null ? null : store.deliveries.get(first);
    return {
      name,
      keys: store.seal.get(name) !== null,
      queued: lengths.get(name) ?? 0,
      head:
        head === null
          ? null
          : {
              since: head.accepted_at,
              mapping: head.mapping,
              attempts: head.tries,
              due: head.due_at > clock.now() ? head.due_at : null,
            },
      dead: store.deliveries.dead().reduce((n, d) => (d.room === name ? n + d.n : n), 0),
    };
  });
}

const troubleOf = (code: string | null): (typeof troubles)[number] | null =>
  troubles.find((known) => known === code) ?? null;
