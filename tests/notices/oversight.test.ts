import { randomBytes } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import type { AccountState } from "../../adapters/matrix/account.ts";
import { silent } from "../../bridge/log/logger.ts";
import { AccountName, Cursor, RoomName, SourceName } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type { Reports } from "../../bridge/runtime.ts";
import { atomically } from "../../bridge/store/db.ts";
import { type Core, openCore } from "../../cli/core.ts";
import type { AccountsAtWork } from "../../cli/matrix/standing.ts";
import { createOversight } from "../../cli/oversight.ts";
import { loadConfig } from "../../config/load.ts";
import { fakeIo, place } from "../cli/io.helper.ts";
import { soon } from "../core.helper.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { arrival, removal, to } from "../store/arrivals.helper.ts";

const ROOM = RoomName.parse("faculty");
const SOURCE = SourceName.parse("faculty");
const CLASS = RoomName.parse("class");
const CAMPUS = AccountName.parse("campus");
const CLASS_YAML = "  class: { type: matrix, account: campus, title: Class }\n";
const RETRY = 300_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const quiet: Reports = { intake() {}, delivery() {}, media() {}, carrier() {} };

/** What looks after a core whose clock the test owns, and all that it says. */
async function looking(yaml: (base: string) => string = (base) => base) {
  const where = await place(yaml);
  const { env } = fakeIo();
  const loaded = await loadConfig({ file: where.config, env });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
  const opened = await openCore(loaded.config, { env, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const clock = new HandClock(Date.now());
  const core: Core = { ...opened.core, clock };
  onTestFinished(() => core.close());
  atomically(core.db, () => core.bridge.log.create(ROOM, randomBytes(32)));
  const said: string[] = [];
  const make = (over = core, accounts: AccountsAtWork | null = null) =>
    createOversight({
      core: () => over,
      accounts: () => accounts,
      bots: () => null,
      env,
      logger: silent,
      tell: (text) => void said.push(text),
      lang: "en",
    });
  const pass = async (ms: number, step = HOUR / 4): Promise<void> => {
    for (let left = ms; left > 0; left -= step) {
      clock.advance(step);
      for (let i = 0; i < 5; i++) await new Promise((resolve) => setImmediate(resolve));
    }
  };
  return { core, clock, said, make, pass };
}

const never = new AbortController().signal;

test("the end of a certificate is told at thirty, seven and one day before, and when it is over", async () => {
  const { said, make, pass } = await looking();
  const o = make();
  await o.start(() => null);
  await pass(369 * DAY, DAY);
  expect(said).toEqual([]);
  await pass(33 * DAY, 6 * HOUR);
  await o.stop(false, never);
  expect(said.map((text) => /for (\d+) more days/.exec(text)?.[1])).toEqual(["30", "7", "1"]);
});

test("a source that is not read for an hour is told with its reason, and again when it is read", async () => {
  const { said, make, pass, clock } = await looking();
  const o = make();
  await o.start(() => null);
  const reports = o.watch(quiet);
  const trouble = () => reports.intake({ kind: "trouble", source: SOURCE, code: "timeout" });
  trouble();
  await pass(HOUR / 2);
  expect(said).toEqual([]);
  trouble();
  await pass(HOUR);
  await soon(() => expect(said).toHaveLength(1));
  expect(said[0]).toContain('The source "faculty" has not been read for 1 hour');
  expect(said[0]).toContain("did not answer in time");
  const accepted = { posts: 0, edits: 0, removals: 0, ignored: 0, rooms: [] };
  reports.intake({ kind: "accepted", source: SOURCE, accepted, readAt: clock.now() });
  await pass(HOUR);
  expect(said[1]).toContain('The source "faculty" is read again');
  // A pause that is noted down tells no newer time.
  trouble();
  await pass(HOUR);
  reports.intake({ kind: "accepted", source: SOURCE, accepted, readAt: 0 });
  await pass(HOUR);
  expect(said.filter((text) => text.includes("read again"))).toHaveLength(1);
  await o.stop(false, never);
});

test("a disk without room is told, and what was told before a restart is over when there is some", async () => {
  const { core, clock, said, make, pass } = await looking(
    (base) => `${base}disk: { keep_free: 900000 GB }\n`,
  );
  const first = make();
  await first.start(() => null);
  const stop = new AbortController();
  const running = first.care.space.run(stop.signal);
  await soon(() => expect(first.care.space.hasRoom()).toBe(false));
  await soon(() => expect(said).toEqual([expect.stringContaining("There is no room on the disk")]));
  await pass(HOUR);
  expect(said).toHaveLength(1);
  stop.abort();
  await running;
  await first.stop(false, never);
  const second = make({ ...core, config: { ...core.config, disk: { spoolMax: 1e9, keepFree: 0 } } });
  await second.start(() => null);
  const ended = second.care.space.run(never);
  await soon(() => {
    clock.advance(60_000);
    expect(said[1]).toContain("There is room on the disk");
  });
  await second.stop(false, never);
  void ended;
});

test("a room that takes no copies for an hour is told, and that it takes them again", async () => {
  const { said, make, pass } = await looking();
  const o = make();
  await o.start(() => null);
  const reports = o.watch(quiet);
  for (let i = 0; i < 5; i++) {
    reports.carrier(ROOM, "feed", "carrier_failed", null);
    await pass(HOUR / 4);
  }
  // The bridge's own output told of it at once, so the log has its codes alone.
  expect(said).toEqual([]);
  o.care.copied(ROOM, "feed");
  await pass(HOUR);
  expect(said).toEqual([expect.stringContaining('The room "faculty" is written to the feed again')]);
  await o.stop(false, never);
});

/** What looks after a Matrix room in whose lane one delivery waits. */
async function waitingRoom() {
  const l = await looking((base) =>
    base
      .replace("rooms:\n", `matrix:\n  campus: { base_url: 'http://127.0.0.1:9' }\nrooms:\n${CLASS_YAML}`)
      .replace("rooms: [faculty, second]", "rooms: [faculty, second, class]"),
  );
  const { outbox } = l.core.bridge;
  const batch = { source: SOURCE, cursor: Cursor.parse("1"), readAt: 0 };
  await outbox.accept({
    ...batch,
    arrivals: [arrival(1, "Раз", { routes: [to("class", { urgent: true })] })],
  });
  const found = await outbox.claim(l.clock.now() + DAY, new Set());
  if ("next" in found) throw new Error("nothing waits");
  const o = l.make();
  await o.start(() => null);
  const reports = o.watch(quiet);
  /** It is tried every five minutes, and the same comes of it. */
  const tried = async (ms: number, code: string): Promise<void> => {
    for (let left = ms; left > 0; left -= RETRY) {
      reports.delivery(found, { kind: "retry", at: 0, code });
      await l.pass(RETRY, RETRY);
    }
  };
  const settled = async (outcome: Outcome): Promise<void> => {
    await outbox.settle(found, outcome);
    reports.delivery(found, outcome);
    await l.pass(RETRY, RETRY);
  };
  return { ...l, o, tried, settled };
}

test("a room whose keys cannot be shared for long is told of, with the reason, and told again when it works", async () => {
  const { said, o, tried, settled } = await waitingRoom();
  await tried(HOUR - RETRY, "keys");
  expect(said).toEqual([]);
  await tried(5 * HOUR, "keys");
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(
    /^Nothing could be sent to the room "class" for 1 hour( 5 minutes)?: the keys cannot/,
  );
  expect(said[0]).toContain("none is lost, and nothing goes out unencrypted");
  expect(o.notices.lasting()).toMatchObject([
    { code: "room_waiting", room: CLASS, account: CAMPUS, reason: "keys" },
  ]);
  // Another reason is shown by `status`, and is no news.
  await tried(RETRY, "limited");
  expect(o.notices.lasting()).toMatchObject([{ reason: "limited" }]);
  await settled({ kind: "sent", receipt: null });
  expect(said.slice(1)).toEqual(['Announcements for the room "class" are no longer held up.']);
  await o.stop(false, never);
});

test("a rate limit that passes, and a room that nobody tried again since, are not told", async () => {
  const { said, o, tried, pass, settled } = await waitingRoom();
  await tried(HOUR / 2, "limited");
  // Its silent hours.
  await pass(9 * HOUR);
  expect(said).toEqual([]);
  await settled({ kind: "sent", receipt: null });
  expect(o.notices.lasting()).toEqual([]);
  expect(said).toEqual([]);
  await o.stop(false, never);
});

test("what waited and was removed at its source waits no longer", async () => {
  const { core, said, o, tried, pass } = await waitingRoom();
  await tried(2 * HOUR, "server_refuses");
  expect(said).toHaveLength(1);
  const batch = { source: SOURCE, cursor: Cursor.parse("2"), readAt: 0 };
  await core.bridge.outbox.accept({ ...batch, arrivals: [removal(1)] });
  await pass(RETRY, RETRY);
  expect(said[1]).toContain("no longer held up");
  await o.stop(false, never);
});

test.each([
  [{ code: "room_held", room: CLASS, reason: "out" }, "may_not_post"],
  [{ code: "account_silent", account: CAMPUS, reason: "unreachable" }, "unreachable"],
] as const)("why a room waits is told once, where %j tells it", async (cause, code) => {
  const { said, o, tried } = await waitingRoom();
  await tried(HOUR / 2, code);
  o.notices.raise(cause);
  await tried(4 * HOUR, code);
  expect(o.notices.lasting()).toMatchObject([cause]);
  expect(said).toHaveLength(1);
  // Once that is over, it is told only where it lasts by itself.
  o.notices.clear(cause);
  await tried(HOUR - RETRY, "keys");
  expect(said).toHaveLength(2);
  await tried(HOUR, "keys");
  expect(said).toHaveLength(3);
  expect(said[2]).toContain("the keys cannot be brought");
  await o.stop(false, never);
});

test("an account that is logged out, lost its keys or does not hear its server shows to those who watch, by codes alone", async () => {
  const { make, clock } = await looking((base) =>
    `${base}monitor: { listen: "127.0.0.1:0" }\n`
      .replace(
        "rooms:\n",
        `matrix:\n${["a", "b", "c", "d", "unused"].map((name) => `  ${name}: { base_url: 'http://127.0.0.1:9' }\n`).join("")}rooms:\n${["a", "b", "c", "d"].map((name) => `  of-${name}: { type: matrix, account: ${name}, title: Class }\n`).join("")}`,
      )
      .replace("rooms: [faculty, second]", "rooms: [faculty, second, of-a, of-b, of-c, of-d]"),
  );
  const state = { heardAt: clock.now() - 30_000, trouble: null, ended: null, trust: null };
  const states = new Map<string, AccountState>([
    ["a", state],
    ["b", { ...state, trouble: "timeout" }],
    ["c", { ...state, heardAt: null, ended: "logged_out" }],
  ]);
  const ask = async (accounts: AccountsAtWork | null) => {
    const o = make(undefined, accounts);
    await o.start(() => null);
    const get = async (what: string) => (await fetch(`http://127.0.0.1:${o.port}/${what}`)).text();
    const said = { ready: JSON.parse(await get("ready")), metrics: await get("metrics") };
    await o.stop(false, never);
    return said;
  };
  const lines = (metrics: string) => metrics.split("\n").filter((line) => line.startsWith("postern_account"));
  const { metrics, ready } = await ask({
    of(name) {
      const found = states.get(name);
      return found === undefined ? null : { state: () => found };
    },
    problem: (name) => (name === "d" ? "store_missing" : null),
  });
  expect(lines(metrics)).toEqual([
    'postern_account_up{account="a"} 1',
    'postern_account_up{account="b"} 0',
    'postern_account_up{account="c"} 0',
    'postern_account_up{account="d"} 0',
    'postern_account_last_heard_age_seconds{account="a"} 30',
    'postern_account_last_heard_age_seconds{account="b"} 30',
  ]);
  const known = [
    { code: "account_trouble", account: "b", reason: "timeout" },
    { code: "account_trouble", account: "c", reason: "logged_out" },
    { code: "account_trouble", account: "d", reason: "store_missing" },
  ];
  expect(ready).toMatchObject({ known: expect.arrayContaining(known) });
  const between = await ask(null);
  expect(lines(between.metrics)).toEqual([]);
  expect(between.ready.known).toEqual([]);
});
