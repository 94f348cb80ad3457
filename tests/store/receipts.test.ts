import { expect, test } from "vitest";
import { core, media, ROOM } from "../core.helper.ts";
import { accept, arrival, bytes, claim, head, removal, sent } from "./arrivals.helper.ts";

const soon = { kind: "retry", at: 0, code: "moved", anew: true } as const;

test("what a destination said of a part is found again by the parts that change it, and by no other", async () => {
  const c = await core();
  const { map } = c.bridge.store;
  await accept(c, arrival(1, "Раз"));
  const d = await head(c);
  expect(map.receiptOf(ROOM, d.announcement, "whole")).toBe(null);
  await c.bridge.outbox.fix(d, bytes("x"), []);
  await c.bridge.outbox.settle(d, { kind: "sent", receipt: '{"слот":"$событие"}' });
  expect(map.receiptOf(ROOM, d.announcement, "whole")).toBe('{"слот":"$событие"}');
  expect(map.receiptOf(ROOM, d.announcement, "late.abcdefghijk")).toBe('{"слот":"$событие"}');
  expect(map.receiptOf(ROOM, d.announcement, "change.1")).toBe(null);
  const raw = c.db.prepare("SELECT receipt_sealed FROM message_map").pluck().get();
  expect(Buffer.isBuffer(raw) && !raw.includes("слот")).toBe(true);
});

test("what is to be prepared anew gives up its bytes, keeps its place, and is still changed and removed in order", async () => {
  const c = await core();
  const { outbox } = c.bridge;
  await accept(c, arrival(1, "Раз"), arrival(2, "Два"));
  const first = await head(c);
  const before = await outbox.fix(first, bytes("old"), []);
  expect(before?.bytes).toEqual(Buffer.from("old"));
  await accept(c, arrival(1, "Раз!", { type: "edited", at: 5 }));
  await outbox.settle(first, soon);
  expect(await claim(c)).toBe(null);
  c.clock.advance(5_000);
  const again = await head(c);
  expect([again.id, again.revision, again.fixed, again.clean?.text.text]).toEqual([first.id, 0, null, "Раз"]);
  expect((await outbox.fix(again, bytes("new"), []))?.bytes).toEqual(Buffer.from("new"));
  await outbox.settle(again, sent);
  const second = await head(c);
  expect(second.clean?.text.text).toBe("Два");
  await outbox.fix(second, bytes("two"), []);
  await outbox.settle(second, soon);
  // Nobody can have seen it: a removal now cancels it.
  await accept(c, removal(2));
  const next = await head(c);
  expect([next.action, next.clean?.text.text]).toEqual(["edit", "Раз!"]);
  await outbox.fix(next, bytes("edit"), []);
  await outbox.settle(next, sent);
  expect(await claim(c)).toBe(null);
});

test("how large and how long a video is comes with it, where the source says it and it can be true", async () => {
  const c = await core();
  const attachments = [
    media("v1", { kind: "video", width: 640.4, height: 360, duration: 12.5 }),
    media("v2", { kind: "video", width: 640, height: 0, duration: Number.POSITIVE_INFINITY }),
  ];
  await accept(c, arrival(1, "Видео", { attachments }));
  const found = c.bridge.store.media.pending(9).map(({ media: m }) => [m.ref, m.extent] as const);
  expect(new Map<string, object>(found)).toEqual(
    new Map<string, object>([
      ["v1", { width: 640, height: 360, duration: 12.5 }],
      ["v2", {}],
    ]),
  );
});
