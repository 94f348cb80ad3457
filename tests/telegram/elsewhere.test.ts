import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { createElsewhere } from "../../adapters/telegram/elsewhere.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import type { Delivery } from "../../bridge/outbox/port.ts";
import type { Located } from "../../bridge/seal/locate.ts";
import { recordHash } from "../../bridge/seal/record.ts";
import { core, items, mapping, media, open, post, posted, ROOM, soon, start } from "../core.helper.ts";

const CLEAR = RoomName.parse("clear");
const PAGE = "https://reader.example/";

const hasFile = ({ media }: Delivery): boolean => media.some(({ state }) => state.kind === "ready");

/** A sealed and a clear room of one mapping, and an announcement with a file, accepted. */
async function both() {
  const c = await core({ mappings: [mapping({ rooms: [ROOM, CLEAR] })] });
  c.source.files.set("film", () => open(randomBytes(90_000)));
  const prepared: Delivery[] = [];
  const elsewhere = createElsewhere({
    locate: c.bridge.locate,
    page: () => PAGE,
    largestFile: 50_000,
    clock: c.clock,
  });
  const destination: Destination = {
    room: CLEAR,
    async prepare(delivery) {
      prepared.push(delivery);
      return { kind: "outcome", outcome: { kind: "refused", code: "other" } };
    },
    send: async () => ({ kind: "sent", receipt: null }),
  };
  return { c, prepared, elsewhere, destination };
}

test("a file that is too large leads to the newest record of its announcement in the sealed room, and to no key", async () => {
  const { c, prepared, elsewhere, destination } = await both();
  const runtime = start(c, {}, [], { destinations: [elsewhere.first(destination)] });
  c.source.tell(posted(post(1, "Фильм", { attachments: [media("film")] })));
  await soon(() => {
    c.clock.advance(1_000);
    expect(prepared.some(hasFile)).toBe(true);
  });
  const delivery = prepared.find(hasFile);
  if (delivery === undefined) throw new Error("not there");
  expect(items(c).map((item) => item.files?.length)).toEqual([1]);
  const link = elsewhere.link(delivery);
  const state = c.bridge.store.seal.get(ROOM);
  if (state === null) throw new Error("no keys");
  const [row] = c.bridge.store.seal.read(ROOM, 1, 0, state.nextSeq - 1, 1);
  const hash = Buffer.from(recordHash(c.lib, new Uint8Array(row?.record ?? []))).subarray(0, 8);
  const id = Buffer.from(state.roomId).toString("hex");
  expect(link).toBe(`${PAGE}#p.${id}.1.0.${state.nextSeq - 1}.${hash.toString("base64url")}`);
  await runtime.stop();
});

test("while the sealed room is still to get it the clear one waits, two minutes at most", async () => {
  const { c, prepared, destination } = await both();
  const runtime = start(c, {}, [], { destinations: [destination] });
  c.source.tell(posted(post(1, "Фильм", { attachments: [media("film")] })));
  await soon(() => {
    c.clock.advance(1_000);
    expect(prepared.some(hasFile)).toBe(true);
  });
  const delivery = prepared.find(hasFile);
  if (delivery === undefined) throw new Error("not there");
  let found: Located = { kind: "soon" };
  const largestFile = 50_000;
  const wary = createElsewhere({ locate: () => found, page: () => PAGE, largestFile, clock: c.clock });
  const first = wary.first(destination);
  const { signal } = new AbortController();
  const ask = async (d: Delivery) => {
    const answer = await first.prepare(d, signal);
    return answer.kind === "outcome" ? answer.outcome : null;
  };
  expect(await ask(delivery)).toMatchObject({ kind: "retry", at: c.clock.now() + 2_000 });
  c.clock.advance(2 * 60_000 - 1);
  expect(await ask(delivery)).toMatchObject({ kind: "retry" });
  c.clock.advance(1);
  expect(await ask(delivery)).toMatchObject({ kind: "refused" });
  expect(wary.link(delivery)).toBeNull();
  found = { kind: "nowhere" };
  expect(await ask(delivery)).toMatchObject({ kind: "refused" });
  // What has no such file does not wait at all.
  found = { kind: "soon" };
  expect(await ask({ ...delivery, media: [] })).toMatchObject({ kind: "refused" });
  await runtime.stop();
});
