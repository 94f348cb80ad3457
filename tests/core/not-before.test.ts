import { expect, test } from "vitest";
import { MappingName, type Millis, RoomName } from "../../bridge/model/ids.ts";
import type { Destination } from "../../bridge/outbox/destination.ts";
import { accepted, core, mapping, post, posted, ROOM, soon, start, waiting } from "../core.helper.ts";

/** A room of a messenger that lets all of them have one message a second. */
function limited(room: RoomName, rate: { at: Millis }, now: () => Millis, sent: string[]): Destination {
  return {
    room,
    notBefore: () => rate.at,
    async prepare(d) {
      expect(now()).toBeGreaterThanOrEqual(rate.at);
      rate.at = now() + 1_000;
      const bytes = new TextEncoder().encode(d.clean?.text.text ?? "");
      return { kind: "ready", prepared: { kind: "bytes", bytes }, lacking: [] };
    },
    async send({ bytes }) {
      sent.push(`${room}: ${new TextDecoder().decode(bytes)}`);
      return { kind: "sent", receipt: "1" };
    },
  };
}

test("a room is left alone until its messenger's rates allow a send; then the most pressing goes first", async () => {
  const [quiet, pressing] = [RoomName.parse("a"), RoomName.parse("b")];
  const c = await core({
    rooms: [quiet, pressing],
    mappings: [
      mapping({ rooms: [quiet], exclude: [{ kind: "hashtag", tag: "#срочно" }] }),
      mapping({
        name: MappingName.parse("pressing"),
        rooms: [pressing],
        include: [{ kind: "hashtag", tag: "#срочно" }],
        urgent: [{ kind: "hashtag", tag: "#срочно" }],
      }),
    ],
  });
  const rate = { at: c.clock.now() + 60_000 };
  const sent: string[] = [];
  const rooms = [quiet, pressing].map((room) => limited(room, rate, () => c.clock.now(), sent));
  const runtime = start(c, {}, [], { destinations: rooms });
  c.source.tell(posted(post(1, "Первый")), posted(post(2, "Второй")), posted(post(3, "#срочно Третий")));
  await accepted(c);
  c.clock.advance(59_999);
  await accepted(c);
  expect(sent).toEqual([]);
  const all = ["b: #срочно Третий", "a: Первый", "a: Второй"];
  c.clock.advance(1);
  for (const n of [1, 2, 3]) {
    await soon(() => expect(sent).toEqual(all.slice(0, n)));
    c.clock.advance(1_000);
  }
  await soon(() => expect(waiting(c, quiet)).toBe(0));
  expect([1, 2, 3].map((id) => c.bridge.store.deliveries.get(id)?.tries)).toEqual([0, 0, 0]);
  await runtime.stop();
});

test("a room that waits for its rates holds up no other", async () => {
  const slow = RoomName.parse("slow");
  const c = await core({ rooms: [slow, ROOM], mappings: [mapping({ rooms: [slow, ROOM] })] });
  const sent: string[] = [];
  const now = () => c.clock.now();
  const rooms = [limited(slow, { at: now() + 60_000 }, now, sent), limited(ROOM, { at: 0 }, now, sent)];
  const runtime = start(c, {}, [], { destinations: rooms });
  c.source.tell(posted(post(1, "Первый")));
  await soon(() => expect(sent).toEqual(["room: Первый"]));
  await runtime.stop();
});

test("rooms within the same rates are served by turns, but what is urgent goes first in every round", async () => {
  const names = ["a", "b", "c"].map((name) => RoomName.parse(name));
  const tag = { kind: "hashtag", tag: "#срочно" } as const;
  const c = await core({
    rooms: names,
    mappings: names.map((name) =>
      mapping({
        name: MappingName.parse(name),
        rooms: [name],
        ...(name === "c" ? { include: [tag], urgent: [tag] } : { exclude: [tag] }),
      }),
    ),
  });
  const rate = { at: c.clock.now() + 1_000 };
  const sent: string[] = [];
  const rooms = names.map((room) => limited(room, rate, () => c.clock.now(), sent));
  const runtime = start(c, {}, [], { destinations: rooms });
  c.source.tell(
    posted(post(1, "1")),
    posted(post(2, "2")),
    posted(post(3, "3 #срочно")),
    posted(post(4, "4 #срочно")),
  );
  await accepted(c);
  const all = ["c: 3 #срочно", "c: 4 #срочно", "a: 1", "b: 1", "a: 2", "b: 2"];
  for (const n of [1, 2, 3, 4, 5, 6]) {
    c.clock.advance(1_000);
    await soon(() => expect(sent).toEqual(all.slice(0, n)));
  }
  await runtime.stop();
});
