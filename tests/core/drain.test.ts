import { expect, test } from "vitest";
import { Cursor, RoomName } from "../../bridge/model/ids.ts";
import type { Source, SourceSignal } from "../../bridge/model/source.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { Carrier } from "../../bridge/seal/carrier.ts";
import { drainTime } from "../../cli/drain.ts";
import { core, mapping, media, post, posted, ROOM, SOURCE, soon, start, waiting } from "../core.helper.ts";

const HUNG = RoomName.parse("hung");

test("what is under way is finished before the end", async () => {
  const c = await core({ rooms: [ROOM, HUNG], mappings: [mapping({ rooms: [ROOM, HUNG] })] });
  let open = (): void => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const sent: string[] = [];
  const slow: Destination = {
    room: HUNG,
    prepare: async () => ({
      kind: "ready",
      prepared: { kind: "bytes", bytes: new Uint8Array(1) },
      lacking: [],
    }),
    async send() {
      sent.push("begun");
      await gate;
      sent.push("done");
      return { kind: "sent", receipt: "1" };
    },
  };
  const runtime = start(c, {}, [], { destinations: [slow] });
  c.source.tell(posted(post(1, "Экзамен в 10:00.")));
  await soon(() => expect(sent).toEqual(["begun"]));
  let ended = false;
  const end = runtime.stop().then(() => {
    ended = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(ended).toBe(false);
  open();
  await end;
  expect(sent).toEqual(["begun", "done"]);
  expect(waiting(c, HUNG)).toBe(0);
});

test("what a log grew by during the last copy is copied too", async () => {
  const c = await core();
  const gates: (() => void)[] = [];
  const copied: number[] = [];
  const carrier: Carrier = {
    name: "test",
    async copy(log) {
      await new Promise<void>((resolve) => gates.push(resolve));
      copied.push(log.chains.at(-1)?.last ?? -1);
    },
  };
  const last = () => (c.bridge.store.seal.get(ROOM)?.nextSeq ?? 0) - 1;
  const runtime = start(c, {}, [carrier]);
  await soon(() => expect(gates).toHaveLength(1));
  const before = last();
  c.source.tell(posted(post(1, "Экзамен в 10:00.")));
  await soon(() => expect([last() > before, waiting(c)]).toEqual([true, 0]));
  const end = runtime.stop();
  // All else has ended by then: nothing of it waits for the world.
  await new Promise((resolve) => setImmediate(resolve));
  gates.shift()?.();
  await soon(() => expect(gates).toHaveLength(1));
  gates.shift()?.();
  await end;
  expect(copied).toEqual([before, last()]);
});

test.each(["source", "download", "preparing", "sending", "carrier"] as const)(
  "what hangs is left to itself when the time is over: %s; nothing that comes of it later is recorded",
  async (what) => {
    const c = await core({ rooms: [ROOM, HUNG], mappings: [mapping({ rooms: [HUNG] })] });
    let late = (): void => {};
    const hang = <T>(then: T): Promise<T> =>
      new Promise((resolve) => {
        late = () => resolve(then);
      });
    const reached: string[] = [];
    const at = <T>(place: typeof what, then: T): Promise<T> => {
      if (place !== what) return Promise.resolve(then);
      reached.push(place);
      return hang(then);
    };
    const batch = (n: number): SourceSignal => ({
      kind: "batch",
      events: [posted(post(n, `Пост ${n}.`, { attachments: [media("a")] }))],
      cursor: Cursor.parse(`after-${n}`),
      readAt: c.clock.now(),
    });
    const source: Source = {
      name: SOURCE,
      async *events(_cursor, signal) {
        yield batch(1);
        // It does not listen to its signal, which its port forbids.
        if (what === "source") yield await at("source", batch(2));
        else await c.clock.sleep(1e9, signal);
      },
      media: () => at("download", { kind: "gone" }),
      gone: async () => "unknown",
      check: async () => [],
    };
    const to: Destination = {
      room: HUNG,
      prepare: () =>
        at("preparing", {
          kind: "ready",
          prepared: { kind: "bytes", bytes: new Uint8Array(1) },
          lacking: [],
        }),
      send: () => at("sending", { kind: "sent", receipt: "1" }),
    };
    const carrier: Carrier = { name: "test", copy: () => at("carrier", undefined) };
    const runtime = start(c, {}, [carrier], { destinations: [to], sources: [source] });
    await soon(() => expect(reached).toContain(what));
    const state = () => [
      c.bridge.store.sources.cursor(SOURCE),
      waiting(c, HUNG),
      c.db.prepare("SELECT id, state, tries, key FROM deliveries").all(),
      c.db.prepare("SELECT id, state, tries FROM media").all(),
    ];
    const asked = c.clock.now();
    let ended = false;
    const end = drainTime(c.clock, (cut) => runtime.stop(cut)).then(() => {
      ended = true;
    });
    await soon(() => {
      c.clock.advance(250);
      expect(ended).toBe(true);
    });
    await end;
    expect(c.clock.now() - asked).toBeLessThanOrEqual(10_000);
    const then = state();
    late();
    await new Promise((resolve) => setImmediate(resolve));
    expect(state()).toEqual(then);
  },
);
