import { expect, test } from "vitest";
import type { ChannelId, Cursor, ForeignId } from "../../bridge/model/ids.ts";
import type { Source, SourceEvent, SourceSignal } from "../../bridge/model/source.ts";

/** A messenger with one mapped channel, and a way to act in it as the institution does. */
export interface SourceWorld {
  /** A fresh instance of the source, as after a restart. */
  source(): Source;
  readonly channel: ChannelId;
  publish(text: string): Promise<ForeignId>;
  edit(id: ForeignId, text: string): Promise<void>;
  remove(id: ForeignId): Promise<void>;
  /** Publishes a post with a file of these bytes. */
  publishFile(bytes: Uint8Array): Promise<ForeignId>;
  /** Requests so far that could have changed something in the messenger. */
  writes(): Promise<number>;
  /** Resolves when the messenger knows that the source has read everything. */
  caughtUp(): Promise<void>;
}

type Batch = Extract<SourceSignal, { kind: "batch" }>;

/** Reads until `enough` holds for all events so far, then stops. Answers the batches. */
async function read(
  source: Source,
  cursor: Cursor | null,
  enough: (events: readonly SourceEvent[]) => boolean,
): Promise<readonly Batch[]> {
  const stop = new AbortController();
  const batches: Batch[] = [];
  for await (const said of source.events(cursor, stop.signal)) {
    if (said.kind !== "batch") continue;
    batches.push(said);
    if (enough(batches.flatMap((b) => b.events))) stop.abort();
  }
  return batches;
}

const texts = (events: readonly SourceEvent[]): readonly string[] =>
  events.flatMap((e) => (e.type === "posted" || e.type === "snapshot" ? [e.post.body.text] : []));
const sawPost = (text: string) => (events: readonly SourceEvent[]) => texts(events).includes(text);

/** What every source must hold, whatever messenger it reads. */
export function sourceContract(name: string, make: () => Promise<SourceWorld>): void {
  test(`${name}: posts come in the order in which they were published, with a cursor in every batch`, async () => {
    const world = await make();
    const first = await read(world.source(), null, (events) => events.some((e) => e.type === "baseline"));
    for (const text of ["раз", "два", "три"]) await world.publish(text);
    const batches = await read(world.source(), first.at(-1)?.cursor ?? null, sawPost("три"));
    const seen = [...new Set(texts(batches.flatMap((b) => b.events)))];
    expect(seen).toEqual(["раз", "два", "три"]);
    for (const batch of batches) {
      expect(batch.cursor.length).toBeGreaterThan(0);
      expect(Number.isFinite(batch.readAt)).toBe(true);
    }
  });

  test(`${name}: from any cursor on, a new start misses nothing`, async () => {
    const world = await make();
    const first = await read(world.source(), null, (events) => events.some((e) => e.type === "baseline"));
    const kept: Cursor[] = first.map((b) => b.cursor);
    for (const text of ["a1", "a2"]) await world.publish(text);
    kept.push(...(await read(world.source(), kept.at(-1) ?? null, sawPost("a2"))).map((b) => b.cursor));
    await world.publish("a3");
    for (const cursor of [kept[0], kept.at(-1)]) {
      const again = await read(world.source(), cursor ?? null, sawPost("a3"));
      const missing = cursor === kept[0] ? ["a1", "a2", "a3"] : ["a3"];
      expect(texts(again.flatMap((b) => b.events))).toEqual(expect.arrayContaining(missing));
    }
  });

  test(`${name}: an edit and a removal are told, live or found after a gap`, async () => {
    const world = await make();
    const first = await read(world.source(), null, (events) => events.some((e) => e.type === "baseline"));
    const one = await world.publish("первый");
    const two = await world.publish("второй");
    const known = await read(world.source(), first.at(-1)?.cursor ?? null, sawPost("второй"));
    await world.edit(one, "первый, исправлен");
    await world.remove(two);
    await world.publish("конец");
    const later = await read(world.source(), known.at(-1)?.cursor ?? null, sawPost("конец"));
    const events = later.flatMap((b) => b.events);
    expect(
      events.some(
        (e) => (e.type === "edited" || e.type === "snapshot") && e.post.body.text === "первый, исправлен",
      ),
    ).toBe(true);
    const told = events.some((e) => e.type === "removed" && e.foreignId === two);
    const lacking = events.some((e) => e.type === "window" && !e.ids.includes(two));
    expect(told || lacking).toBe(true);
    const signal = new AbortController().signal;
    expect(await world.source().gone(world.channel, two, signal)).toBe("gone");
    expect(await world.source().gone(world.channel, one, signal)).toBe("there");
  });

  test(`${name}: an attachment opens as often as it is asked for, and a limit is kept`, async () => {
    const world = await make();
    const source = world.source();
    const first = await read(source, null, (events) => events.some((e) => e.type === "baseline"));
    const bytes = Buffer.from("the bytes of a file ".repeat(500));
    await world.publishFile(bytes);
    const batches = await read(source, first.at(-1)?.cursor ?? null, (events) =>
      events.some((e) => e.type === "posted" || e.type === "snapshot"),
    );
    const attachments = batches
      .flatMap((b) => b.events)
      .flatMap((e) => (e.type === "posted" || e.type === "snapshot" ? e.post.attachments : []));
    const file = attachments.find((a) => a.type === "media");
    if (file?.type !== "media") throw new Error("the post has no file");
    const signal = new AbortController().signal;
    for (let i = 0; i < 2; i++) {
      const opened = await source.media(file.ref, 1_000_000, signal);
      if (opened.kind !== "open") throw new Error(opened.kind);
      const pieces: Uint8Array[] = [];
      for await (const piece of opened.stream) pieces.push(piece);
      expect(Buffer.concat(pieces).equals(bytes)).toBe(true);
    }
    expect((await source.media(file.ref, 100, signal)).kind).toBe("too_large");
  });

  test(`${name}: it ends without an error when it is stopped, and never writes into the messenger`, async () => {
    const world = await make();
    const stop = new AbortController();
    const reading = (async () => {
      let batches = 0;
      for await (const said of world.source().events(null, stop.signal)) if (said.kind === "batch") batches++;
      expect(batches).toBeGreaterThan(0);
    })();
    await world.publish("что угодно");
    await world.caughtUp();
    stop.abort();
    await expect(reading).resolves.toBeUndefined();
    expect(await world.writes()).toBe(0);
  });
}
