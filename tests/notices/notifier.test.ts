import { expect, test } from "vitest";
import { AccountName, RoomName, SourceName } from "../../bridge/model/ids.ts";
import { createNotifier } from "../../bridge/notices/notifier.ts";
import type { Notice, NoticeRoute, RouteName } from "../../bridge/notices/port.ts";
import type { NoticeStore } from "../../bridge/store/notices.ts";
import { accountReports } from "../../cli/matrix/reports.ts";
import { core, soon } from "../core.helper.ts";
import type { HandClock } from "../hand-clock.helper.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const SOURCE = SourceName.parse("faculty");
const ROOM = RoomName.parse("room");
const ACCOUNT = AccountName.parse("campus");

/** A route that remembers what it was told, and takes it or not as the test says. */
class Route implements NoticeRoute {
  readonly name: RouteName;
  readonly taken: string[] = [];
  works = true;
  constructor(name: RouteName) {
    this.name = name;
  }
  async send(notice: Notice): Promise<boolean> {
    if (!this.works) return false;
    const about = notice.source ?? notice.room ?? notice.route ?? "";
    this.taken.push(
      `${notice.code} ${about} ${notice.state}${notice.count === undefined ? "" : ` ${notice.count}`}`,
    );
    return true;
  }
}

function notifier(store: NoticeStore, clock: HandClock, routes: readonly NoticeRoute[]) {
  const notices = createNotifier({ store, routes, clock, after: HOUR, words: (n) => n.code });
  const stop = new AbortController();
  const ended = notices.run(stop.signal);
  return {
    ...notices,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

/** Time passes in steps, each noticed. */
async function pass(clock: HandClock, ms: number, step = MINUTE): Promise<void> {
  for (let left = ms; left > 0; left -= step) {
    clock.advance(step);
    for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
  }
}

async function setup() {
  const c = await core();
  const [log, command] = [new Route("log"), new Route("command")];
  return { store: c.bridge.store.notices, clock: c.clock, log, command, db: c.db };
}

test("a trouble is told once by every route however often it is said, and its end once", async () => {
  const { store, clock, log, command } = await setup();
  const n = notifier(store, clock, [log, command]);
  for (let i = 0; i < 20; i++) {
    n.raise({ code: "source_stopped", source: SOURCE, reason: "token_refused" });
    await pass(clock, 10 * MINUTE);
  }
  expect(n.lasting()).toMatchObject([{ code: "source_stopped", source: SOURCE }]);
  n.clear({ code: "source_stopped", source: SOURCE });
  n.clear({ code: "source_stopped", source: SOURCE });
  await pass(clock, MINUTE);
  const told = ["source_stopped faculty trouble", "source_stopped faculty back"];
  expect([log.taken, command.taken]).toEqual([told, told]);
  await n.stop();
});

test("what may pass by itself is told only when it lasts, and never where it passed before", async () => {
  const { store, clock, log } = await setup();
  const n = notifier(store, clock, [log]);
  n.raise({ code: "source_blind", source: SOURCE });
  await pass(clock, 50 * MINUTE);
  n.clear({ code: "source_blind", source: SOURCE });
  await pass(clock, HOUR);
  expect(log.taken).toEqual([]);
  n.raise({ code: "source_blind", source: SOURCE });
  await pass(clock, 61 * MINUTE);
  expect(log.taken).toEqual(["source_blind faculty trouble"]);
  await n.stop();
});

test("what was told is remembered over restarts: not told again, its end is; what was not taken yet is told then", async () => {
  const { store, clock, log, command } = await setup();
  command.works = false;
  const first = notifier(store, clock, [log, command]);
  first.raise({ code: "carrier_failed", room: ROOM });
  await pass(clock, 62 * MINUTE);
  await soon(() => expect(log.taken).toContain("carrier_failed room trouble"));
  await first.stop();
  command.works = true;
  const second = notifier(store, clock, [log, command]);
  second.raise({ code: "carrier_failed", room: ROOM });
  await pass(clock, 2 * HOUR);
  second.clear({ code: "carrier_failed", room: ROOM });
  await pass(clock, MINUTE);
  expect(command.taken).toEqual(["carrier_failed room trouble", "carrier_failed room back"]);
  expect(log.taken.filter((t) => t.startsWith("carrier"))).toEqual([
    "carrier_failed room trouble",
    "carrier_failed room back",
  ]);
  await second.stop();
});

test("a route that does not take notices is told of on the other, tried again, and gets all of them in order", async () => {
  const { store, clock, log, command } = await setup();
  command.works = false;
  const n = notifier(store, clock, [log, command]);
  n.raise({ code: "dead_letters", room: ROOM, count: 1 });
  n.raise({ code: "disk_low" });
  await pass(clock, 10 * MINUTE);
  expect(log.taken).toEqual([
    "dead_letters room trouble 1",
    "disk_low  trouble",
    "route_failed command trouble",
  ]);
  command.works = true;
  await pass(clock, HOUR);
  expect(command.taken).toEqual(["dead_letters room trouble 1", "disk_low  trouble"]);
  expect(log.taken.at(-1)).toBe("route_failed command back");
  expect(n.counts().get("command")?.failed).toBeGreaterThan(2);
  await n.stop();
});

test("a count that grows is told once a day, the end of a certificate when it comes near", async () => {
  const { store, clock, log } = await setup();
  const n = notifier(store, clock, [log]);
  for (let hour = 0; hour < 30; hour++) {
    n.raise({ code: "dead_letters", room: ROOM, count: hour + 1 });
    await pass(clock, HOUR, HOUR / 4);
  }
  expect(log.taken).toEqual(["dead_letters room trouble 1", "dead_letters room trouble 25"]);
  n.clear({ code: "dead_letters", room: ROOM });
  await pass(clock, MINUTE);
  log.taken.length = 0;
  for (let days = 30; days > 0; days--) {
    n.raise({ code: "certificate_ends", room: ROOM, count: days });
    await pass(clock, 24 * HOUR, HOUR);
  }
  expect(log.taken).toEqual([30, 7, 1].map((days) => `certificate_ends room trouble ${days}`));
  await n.stop();
});

test("what only happened has no end, and is told anew when it happens another time", async () => {
  const { store, clock, log } = await setup();
  const n = notifier(store, clock, [log]);
  for (let i = 0; i < 2; i++) {
    n.raise({ code: "new_chain", room: ROOM });
    n.raise({ code: "new_chain", room: ROOM });
    await pass(clock, 3 * HOUR);
  }
  expect(log.taken).toEqual(["new_chain room trouble", "new_chain room trouble"]);
  await n.stop();
});

test("a channel that stays closed while no bridge runs is neither open again at the next start nor told once more", async () => {
  const { store, clock, log } = await setup();
  const first = notifier(store, clock, [log]);
  first.raise({ code: "source_denied", source: SOURCE });
  await pass(clock, 5 * MINUTE);
  await first.stop();
  clock.advance(5 * HOUR);
  const second = notifier(store, clock, [log]);
  await pass(clock, 2 * MINUTE);
  second.raise({ code: "source_denied", source: SOURCE });
  await pass(clock, 10 * MINUTE);
  expect(log.taken).toEqual(["source_denied faculty trouble"]);
  await pass(clock, HOUR);
  expect(log.taken).toEqual(["source_denied faculty trouble", "source_denied faculty back"]);
  await second.stop();
});

test("a full database keeps no notice from being told, and what it could not take is stored when it can", async () => {
  const { store, clock, log, db } = await setup();
  let full = true;
  const n = notifier(
    {
      all: store.all,
      save(changed) {
        if (full) throw new Error("no room");
        store.save(changed);
      },
    },
    clock,
    [log],
  );
  n.raise({ code: "disk_full" });
  await pass(clock, 5 * MINUTE);
  expect(log.taken).toEqual(["disk_full  trouble"]);
  full = false;
  await pass(clock, MINUTE);
  await n.stop();
  expect(db.prepare("SELECT count(*) FROM notices").pluck().get()).toBe(1);
});

test("a route that hangs holds up no other, and is given up for this time", async () => {
  const { store, clock, log } = await setup();
  const hanging: NoticeRoute = { name: "webhook", send: () => new Promise(() => {}) };
  const n = notifier(store, clock, [hanging, log]);
  n.raise({ code: "disk_low" });
  await pass(clock, 10 * MINUTE);
  expect(log.taken).toEqual(["disk_low  trouble", "route_failed webhook trouble"]);
  await n.stop();
});

test("what lies in the table and is no notice is thrown away", async () => {
  const { store, clock, log, db } = await setup();
  store.save(
    new Map([
      ["open/x", "{"],
      ["send/log/7", '{"notice":{}}'],
      ["send/webhook/3", "{}"],
      ["else", "1"],
    ]),
  );
  const n = notifier(store, clock, [log]);
  await pass(clock, MINUTE);
  await n.stop();
  expect(log.taken).toEqual([]);
  expect(db.prepare("SELECT count(*) FROM notices").pluck().get()).toBe(0);
});

test("a room that is held for another reason is told of anew, and not for the same one", async () => {
  const { store, clock, command } = await setup();
  const n = notifier(store, clock, [command]);
  for (const reason of ["open", "open", "out", "out", "open"]) {
    n.raise({ code: "room_held", room: ROOM, reason });
    await pass(clock, MINUTE);
  }
  n.clear({ code: "room_held", room: ROOM });
  await pass(clock, MINUTE);
  const trouble = "room_held room trouble";
  expect(command.taken).toEqual([trouble, trouble, trouble, "room_held room back"]);
  await n.stop();
});

test("an account that is out for another reason after a restart is told of anew, with that reason, and not for the same one", async () => {
  const { store, clock } = await setup();
  const told: (string | undefined)[] = [];
  const route: NoticeRoute = {
    name: "command",
    async send(notice) {
      told.push(`${notice.account} ${notice.state} ${notice.reason}`);
      return true;
    },
  };
  const logger = { event: () => undefined };
  for (const code of ["store_missing", "store_missing", "store_wrong_passphrase", "no_session"] as const) {
    const n = notifier(store, clock, [route]);
    accountReports({ logger, notices: n })(ACCOUNT, { kind: "closed", code });
    await pass(clock, MINUTE);
    await n.stop();
  }
  const n = notifier(store, clock, [route]);
  const report = accountReports({ logger, notices: n });
  report(ACCOUNT, { kind: "ended", code: "logged_out" });
  await pass(clock, MINUTE);
  report(ACCOUNT, { kind: "heard", at: clock.now() });
  await pass(clock, MINUTE);
  await n.stop();
  expect(told).toEqual([
    "campus trouble store_missing",
    "campus trouble store_wrong_passphrase",
    "campus trouble no_session",
    "campus trouble logged_out",
    "campus back logged_out",
  ]);
});
