import { expect, test } from "vitest";
import type { Answer } from "../../adapters/matrix/api.ts";
import { DeviceId, RoomId } from "../../adapters/matrix/ids.ts";
import { messengerFailpointNames } from "../../bridge/failpoint.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type { Fixed } from "../../bridge/outbox/destination.ts";
import type { Delivery } from "../../bridge/outbox/port.ts";
import { accepted, edited, media, open, post, posted, removed, soon } from "../core.helper.ts";
import { accept, arrival, claim, head, removal } from "../store/arrivals.helper.ts";
import { lost, PLACE, refused, type Trouble } from "./homeserver.helper.ts";
import { run, settled, type World, world } from "./room.helper.ts";

const HOUR = 3_600_000;
const never = new AbortController().signal;
const sends = (path: string) => path.includes("/send/m.room.encrypted/");
const long = "слово ".repeat(5_000).trim();

/** The head of the lane, fixed. */
async function fixed(w: World): Promise<{ readonly d: Delivery; readonly fixed: Fixed }> {
  const d = await head(w);
  const made = await w.destination.prepare(d, never);
  if (made.kind !== "ready") throw new Error(made.outcome.kind);
  const found = await w.bridge.outbox.fix(d, made.prepared, made.lacking);
  if (found === null) throw new Error("not fixed");
  return { d, fixed: found };
}

/** Fails the calls whose places in their order are told. */
const at = (places: readonly number[], trouble: ReturnType<Trouble>): Trouble => {
  let n = 0;
  return (call) => (sends(call.path) && places.includes(n++) ? trouble : null);
};

/** A destination in a new process: the one before is forgotten. */
const restarted = async (w: World, action: () => Promise<Outcome>): Promise<Outcome> => {
  w.restart();
  return action();
};

test("a lost answer is unknown, and the same bytes sent again double nothing, in this process and in the next", async () => {
  const w = await world();
  await accept(w, arrival(1, long));
  const f = await fixed(w);
  w.server.trouble = at([1], { after: lost });
  expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "unknown", code: "cut" });
  expect(await w.destination.settle?.(f.fixed, f.d, never)).toEqual({ kind: "retry", at: 0, code: "cut" });
  w.server.trouble = () => null;
  expect(await restarted(w, () => w.destination.send(f.fixed, f.d, never))).toMatchObject({ kind: "sent" });
  expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies().join(" ")).toBe(long);
});

test.each([
  ["by the transaction, from the same device", "FIRST", true],
  ["by the ciphertext, when the server has forgotten the transactions", "FIRST", false],
  ["by the ciphertext, from a new device", "SECOND", true],
])(
  "what was sent a day ago and never answered is found %s: only what lacks is sent",
  async (_how, device, known) => {
    const w = await world();
    await accept(w, arrival(0, "До"), arrival(1, long));
    const before = await fixed(w);
    await w.bridge.outbox.settle(before.d, await w.destination.send(before.fixed, before.d, never));
    const f = await fixed(w);
    w.server.trouble = at([1], { instead: lost });
    expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "unknown" });
    w.server.trouble = () => null;
    expect(w.server.events).toHaveLength(2);
    w.clock.advance(25 * HOUR);
    if (!known) w.server.forgetTransactions();
    w.server.device = DeviceId.parse(device);
    w.engine.device = DeviceId.parse(device);
    w.server.calls.length = 0;
    expect(await restarted(w, () => w.destination.send(f.fixed, f.d, never))).toMatchObject({ kind: "sent" });
    expect(w.bodies().join(" ")).toBe(`До ${long}`);
    expect(w.server.calls.filter((c) => sends(c.path))).toHaveLength(1);
  },
);

test("what was never sent in a day is made anew, for the device and the members of now, and comes once", async () => {
  const w = await world();
  const runtime = run(w);
  w.server.trouble = (call) => (sends(call.path) ? { instead: lost } : null);
  w.source.tell(posted(post(1, "Раз")), posted(post(2, "Два")));
  await accepted(w);
  await soon(() => expect(w.server.calls.length).toBeGreaterThan(0));
  w.server.device = DeviceId.parse("SECOND");
  w.engine.device = DeviceId.parse("SECOND");
  w.clock.advance(25 * HOUR);
  w.server.trouble = () => null;
  await settled(w);
  await runtime.stop();
  expect(w.bodies()).toEqual(["Раз", "Два"]);
  expect(w.server.events.map((e) => e.content.device_id)).toEqual(["SECOND", "SECOND"]);
});

test("what was prepared before somebody left is not sent under the key that they hold, but made anew", async () => {
  const w = await world();
  await accept(w, arrival(1, "Раз"));
  const f = await fixed(w);
  w.engine.session = "after";
  const outcome = await w.destination.send(f.fixed, f.d, never);
  expect(outcome).toEqual({ kind: "retry", at: 0, code: "made_anew", anew: true });
  expect(w.server.calls.filter((c) => sends(c.path))).toEqual([]);
  await w.bridge.outbox.settle(f.d, outcome);
  w.clock.advance(10_000);
  const anew = await fixed(w);
  expect(await w.destination.send(anew.fixed, anew.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies()).toEqual(["Раз"]);
  expect(w.server.events.map((e) => e.content.session_id)).toEqual(["after"]);
});

test("what a device that came since could not open is made anew, unless it may be there", async () => {
  const w = await world();
  await accept(w, arrival(1, "Раз"), arrival(2, "Два"));
  const f = await fixed(w);
  w.engine.from = 1;
  const outcome = await w.destination.send(f.fixed, f.d, never);
  expect(outcome).toMatchObject({ kind: "retry", anew: true });
  await w.bridge.outbox.settle(f.d, outcome);
  w.clock.advance(10_000);
  const anew = await fixed(w);
  w.server.trouble = at([0], { after: lost });
  expect(await w.destination.send(anew.fixed, anew.d, never)).toMatchObject({ kind: "unknown" });
  w.engine.from = 2;
  expect(await w.destination.send(anew.fixed, anew.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies()).toEqual(["Раз"]);
});

test.each([
  ["the server has it", "after", ["Раз"], ["session"]],
  ["the server never got it", "instead", ["Раз"], ["after"]],
] as const)(
  "somebody left while an answer was lost, and %s: it comes once, under the old key only if it was sent",
  async (_how, when, bodies, sessions) => {
    for (const newProcess of [false, true]) {
      const w = await world();
      await accept(w, arrival(1, "Раз"));
      const f = await fixed(w);
      const trouble = when === "after" ? { after: lost } : { instead: lost };
      w.server.trouble = (call) => (sends(call.path) ? trouble : null);
      expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "unknown" });
      w.server.trouble = () => null;
      w.engine.session = "after";
      if (newProcess) w.restart();
      const tried = { ...f.d, fixed: f.fixed };
      let outcome = await w.destination.send(f.fixed, tried, never);
      if (when === "instead") {
        // It may be on its way still.
        expect(outcome).toEqual({ kind: "retry", at: w.clock.now() + 300_000, code: "keys_changed" });
        w.clock.advance(300_000);
        outcome = await w.destination.send(f.fixed, tried, never);
        expect(outcome).toMatchObject({ kind: "retry", anew: true });
        await w.bridge.outbox.settle(f.d, outcome);
        w.clock.advance(10_000);
        const anew = await fixed(w);
        outcome = await w.destination.send(anew.fixed, anew.d, never);
      }
      expect(outcome).toMatchObject({ kind: "sent" });
      expect(w.bodies()).toEqual(bodies);
      expect(w.server.events.map((e) => e.content.session_id)).toEqual(sessions);
    }
  },
);

test("what is there in part when somebody leaves is finished under its key, and nothing of it comes twice", async () => {
  const w = await world();
  await accept(w, arrival(1, long));
  const f = await fixed(w);
  w.server.trouble = at([1], { instead: refused(429, "M_LIMIT_EXCEEDED", 1_000) });
  expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "retry", code: "limited" });
  w.server.trouble = () => null;
  w.engine.session = "after";
  expect(
    await restarted(w, () => w.destination.send(f.fixed, { ...f.d, fixed: f.fixed }, never)),
  ).toMatchObject({ kind: "sent" });
  expect(w.bodies().join(" ")).toBe(long);
});

test("a room that the bot is no more in, and that was replaced, holds up nothing in the new one", async () => {
  const w = await world();
  const next = RoomId.parse("!next:example.org");
  const runtime = run(w);
  w.source.tell(posted(post(1, "Раз")));
  await settled(w);
  w.server.trouble = (call) =>
    call.path.includes(encodeURIComponent(PLACE)) ? { instead: refused(403, "M_FORBIDDEN") } : null;
  w.source.tell(posted(post(2, "Два")));
  await accepted(w);
  await soon(() => expect(w.server.calls.filter((c) => sends(c.path)).length).toBeGreaterThan(1));
  w.now.place = next;
  await settled(w);
  w.source.tell(removed(1), posted(post(3, "Три")));
  await settled(w);
  await runtime.stop();
  const bodies = (place: RoomId) => w.shown(place).map((s) => s.body);
  expect([bodies(next), bodies(PLACE)]).toEqual([["Два", "Три"], ["Раз"]]);
});

test("while it cannot be looked whether something is there, nothing is sent again", async () => {
  const w = await world();
  await accept(w, arrival(1, "Раз"));
  const f = await fixed(w);
  w.server.trouble = at([0], { after: lost });
  await w.destination.send(f.fixed, f.d, never);
  w.clock.advance(25 * HOUR);
  w.server.forgetTransactions();
  for (const answer of [lost, refused(403, "M_FORBIDDEN"), { kind: "ok", body: { odd: true } } as const]) {
    w.server.trouble = (call) => (call.path.includes("/messages") ? { instead: answer } : null);
    expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "retry" });
  }
  w.server.trouble = () => null;
  expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies()).toEqual(["Раз"]);
});

test("what is left of an announcement in a room that was replaced is for those who are there now, asked anew", async () => {
  const w = await world();
  await accept(w, arrival(1, long));
  const f = await fixed(w);
  w.server.trouble = at([1], { instead: lost });
  await w.destination.send(f.fixed, f.d, never);
  expect(w.forgotten).toEqual([]);
  w.server.trouble = () => null;
  w.now.place = RoomId.parse("!next:example.org");
  expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "sent" });
  expect(w.forgotten).toEqual([PLACE]);
});

test("what is fixed for a room that was replaced meanwhile goes to the new one, unless the old one has it", async () => {
  const w = await world();
  const next = RoomId.parse("!next:example.org");
  await accept(w, arrival(1, "Раз"), arrival(2, "Два"));
  const first = await fixed(w);
  w.server.trouble = at([0], { after: lost });
  await w.destination.send(first.fixed, first.d, never);
  w.server.trouble = () => null;
  w.now.place = next;
  await w.bridge.outbox.settle(first.d, await w.destination.send(first.fixed, first.d, never));
  w.now.place = PLACE;
  const second = await fixed(w);
  w.now.place = next;
  const outcome = await w.destination.send(second.fixed, second.d, never);
  expect(outcome).toMatchObject({ kind: "retry", anew: true });
  await w.bridge.outbox.settle(second.d, outcome);
  w.clock.advance(10_000);
  const anew = await fixed(w);
  await w.bridge.outbox.settle(anew.d, await w.destination.send(anew.fixed, anew.d, never));
  expect([w.bodies(), w.shown(next).map((s) => s.body)]).toEqual([["Раз"], ["Два"]]);
});

test.each<[string, Answer, Outcome["kind"], string]>([
  ["M_LIMIT_EXCEEDED", refused(429, "M_LIMIT_EXCEEDED", 1_234), "retry", "limited"],
  ["a token that is no longer known", refused(401, "M_UNKNOWN_TOKEN"), "retry", "logged_out"],
  ["a bot that was put out of the room", refused(403, "M_FORBIDDEN"), "retry", "may_not_post"],
  ["a room that is gone", refused(404, "M_NOT_FOUND"), "retry", "may_not_post"],
  ["a suspended account", refused(403, "M_USER_SUSPENDED"), "retry", "account_closed"],
  ["an event that is too large", refused(413, "M_TOO_LARGE"), "refused", "too_large"],
  ["an event that the server finds wrong", refused(400, "M_BAD_JSON"), "refused", "rejected"],
  ["a refusal of something in front of the server", refused(302, "HTTP_302"), "retry", "server_refuses"],
  ["a refused connection", { kind: "lost", code: "unreachable", retryAfter: null }, "retry", "unreachable"],
  ["a timeout", { kind: "lost", code: "timeout", retryAfter: null }, "unknown", "timeout"],
  [
    "a fault of the server",
    { kind: "lost", code: "server_error", retryAfter: 500 },
    "unknown",
    "server_error",
  ],
  ["an answer without an event", { kind: "ok", body: {} }, "unknown", "bad_answer"],
])("%s is told for what it is", async (_what, answer, kind, code) => {
  const w = await world();
  await accept(w, arrival(1, "Раз"));
  const f = await fixed(w);
  w.server.trouble = (call) => (sends(call.path) ? { instead: answer } : null);
  const outcome = await w.destination.send(f.fixed, f.d, never);
  expect(outcome).toMatchObject({ kind, code });
  const wait = answer.kind === "ok" ? null : answer.retryAfter;
  if (outcome.kind === "retry") expect(outcome.at).toBe(wait === null ? 0 : w.clock.now() + wait);
  else if (outcome.kind === "unknown")
    expect(await w.destination.settle?.(f.fixed, f.d, never)).toEqual({
      kind: "retry",
      at: wait === null ? 0 : w.clock.now() + wait,
      code,
    });
  expect(w.bodies()).toEqual([]);
});

test("a server that lets through two events at a time is asked for each once, at the time it names", async () => {
  const w = await world();
  let left = 2;
  w.server.trouble = (call) => {
    if (!sends(call.path)) return null;
    return left-- > 0 ? null : { instead: refused(429, "M_LIMIT_EXCEEDED", 10_000) };
  };
  for (let i = 0; i < 7; i++) w.source.files.set(`f${i}`, open(Buffer.from(`%PDF-1.4 ${i}`)));
  const runtime = run(w);
  const attachments = Array.from({ length: 7 }, (_, i) => media(`f${i}`));
  w.source.tell(posted(post(1, "Альбом", { attachments })));
  await accepted(w);
  await soon(() => expect(w.server.events).toHaveLength(2));
  for (let n = 2; n < 8; n += 2) {
    w.clock.advance(9_999);
    left = 2;
    w.clock.advance(1);
    await soon(() => expect(w.server.events).toHaveLength(n + 2));
  }
  await runtime.stop();
  expect(w.server.calls.filter((c) => sends(c.path))).toHaveLength(8 + 3);
  expect(w.server.media.size).toBe(7);
});

test("a bot that is put out of its room for an hour loses nothing, and nothing comes twice or out of order", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "До")));
  await settled(w);
  w.server.trouble = () => ({ instead: refused(403, "M_FORBIDDEN") });
  w.source.tell(posted(post(2, "Два")), posted(post(3, "Три")), edited(1, "До!", 5), removed(2));
  await accepted(w);
  for (let i = 0; i < 60; i++) {
    w.clock.advance(60_000);
    await soon(() => {});
  }
  w.server.trouble = () => null;
  await settled(w);
  await runtime.stop();
  expect(w.bodies()).toEqual(["До!", "Три"]);
  expect(w.bridge.store.deliveries.dead()).toEqual([]);
});

test("where keys cannot be shared, or nobody knows who is in the room, nothing is sent and all of it comes later", async () => {
  const w = await world();
  await accept(w, arrival(1, "Раз"));
  const at = w.clock.now() + 7_000;
  const prepared = async () => w.destination.prepare(await head(w), never);
  w.engine.fault = { kind: "fault", code: "keys_query", at };
  expect(await prepared()).toEqual({ kind: "outcome", outcome: { kind: "retry", at, code: "keys" } });
  w.engine.fault = null;
  w.now.members = { kind: "fault", code: "timeout", retryAfter: null };
  expect(await prepared()).toEqual({ kind: "outcome", outcome: { kind: "retry", at: 0, code: "timeout" } });
  w.now.members = null;
  w.now.place = null;
  expect(await prepared()).toEqual({ kind: "outcome", outcome: { kind: "retry", at: 0, code: "no_room" } });
  w.now.place = PLACE;
  const f = await fixed(w);
  w.engine.fault = { kind: "fault", code: "to_device", at: null };
  expect(await w.destination.send(f.fixed, f.d, never)).toEqual({ kind: "retry", at: 0, code: "keys" });
  w.engine.fault = null;
  w.now.place = null;
  expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "retry", code: "no_room" });
  expect(w.server.calls).toEqual([]);
  w.now.place = PLACE;
  expect(await w.destination.send(f.fixed, f.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies()).toEqual(["Раз"]);
});

test("whatever step it breaks at, after a new start each event is there once, in order, in its last state", async () => {
  for (const name of messengerFailpointNames) {
    let left = 2;
    const w = await world({
      failpoints: (point) => {
        if (point === name && --left === 0) throw new Error(`planned at ${name}`);
      },
    });
    w.source.files.set("f", () => open(Buffer.from("%PDF-1.4 a small file")));
    const runtime = run(w);
    const attachments = [media("f")];
    w.source.tell(posted(post(1, "Раз", { attachments })), posted(post(2, "Два", { attachments })));
    w.source.tell(edited(1, "Раз!", 9, { attachments }), posted(post(3, "Три")), posted(post(4, "Четыре")));
    w.source.tell(removed(3));
    await settled(w);
    await runtime.stop();
    expect(left, `${name} was reached`).toBeLessThanOrEqual(0);
    expect(w.bodies(), name).toEqual([
      "Раз!",
      "file-2026-11-02-1.pdf",
      "Два",
      "file-2026-11-02-1.pdf",
      "Четыре",
    ]);
  }
});

/** Of a long post the second event is refused. */
const refusedWithin = async (w: World) => {
  await accept(w, arrival(1, long));
  const first = await fixed(w);
  w.server.trouble = at([1], { instead: refused(400, "M_BAD_JSON") });
  await w.bridge.outbox.settle(first.d, await w.destination.send(first.fixed, first.d, never));
  expect(await claim(w)).toBe(null);
  expect(w.bodies()).toHaveLength(1);
  w.server.trouble = () => null;
  return first.d;
};

test("of a letter that is tried again, what is there already is not sent again", async () => {
  const w = await world();
  const letter = await refusedWithin(w);
  expect(await w.bridge.letters.retry(letter.id)).toBe("queued");
  const again = await fixed(w);
  expect(await w.destination.send(again.fixed, again.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies().join(" ")).toBe(long);
});

test("of what was refused in its midst, a removal takes away what is there", async () => {
  const w = await world();
  await refusedWithin(w);
  await accept(w, removal(1));
  const gone = await fixed(w);
  expect(await w.destination.send(gone.fixed, gone.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies()).toEqual([]);
});

test("what an edit that was refused in its midst should have taken away goes with the next try", async () => {
  const w = await world();
  const whole = `${long} ${long}`;
  await accept(w, arrival(1, whole));
  const first = await fixed(w);
  await w.bridge.outbox.settle(first.d, await w.destination.send(first.fixed, first.d, never));
  const before = w.bodies().length;
  await accept(w, arrival(1, long.replaceAll("слово", "буква"), { type: "edited", at: 1 }));
  const edit = await fixed(w);
  w.server.trouble = at([1], { instead: refused(400, "M_BAD_JSON") });
  await w.bridge.outbox.settle(edit.d, await w.destination.send(edit.fixed, edit.d, never));
  w.server.trouble = () => null;
  expect(w.bodies()).toHaveLength(before);
  expect(await w.bridge.letters.retry(edit.d.id)).toBe("queued");
  const again = await fixed(w);
  expect(await w.destination.send(again.fixed, again.d, never)).toMatchObject({ kind: "sent" });
  expect(w.bodies().length).toBeLessThan(before);
});

test("what a server is told to know an event by says nothing of how many there were, here or in other rooms", async () => {
  const w = await world();
  const runtime = run(w);
  w.source.tell(posted(post(1, "Раз")), posted(post(2, "Два")), posted(post(3, "Три")));
  await settled(w);
  w.source.tell(removed(2));
  await settled(w);
  await runtime.stop();
  const told = w.server.calls.flatMap(({ path }) => /\/(?:send|redact)\/.*\/([^/]+)$/.exec(path)?.[1] ?? []);
  expect(told).toHaveLength(4);
  for (const transaction of told) expect(transaction).toMatch(/^[A-Za-z0-9_-]{12}\.r?0$/);
  expect(new Set(told).size).toBe(4);
});
