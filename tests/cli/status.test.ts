import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { MappingName, RoomName, SourceName } from "../../bridge/model/ids.ts";
import type { BridgeCommands, BridgeStatus, OpenBridge } from "../../cli/bridge-api.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { status } from "../../cli/commands/status.ts";
import { fakeIo, place, TOKEN } from "./io.helper.ts";
import { configOf, standIn } from "./running.helper.ts";

const NOW = Date.UTC(2026, 10, 2, 12);

/** A bridge of which only its status is asked. */
const bridgeWith = (told: BridgeStatus): OpenBridge => {
  const never = async (): Promise<never> => {
    throw new Error("asked for more than status");
  };
  const bridge: BridgeCommands = {
    exists: true,
    rooms: { state: never, init: never, link: never, headMade: never },
    matrix: never,
    status: async () => told,
    close: async () => {},
  };
  return async () => ({ ok: true, bridge });
};

const busy: BridgeStatus = {
  running: true,
  sources: [
    { name: SourceName.parse("faculty"), lastRead: NOW - 12_000, trouble: null },
    { name: SourceName.parse("other"), lastRead: NOW - 3 * 3_600_000, trouble: "token_refused" },
    { name: SourceName.parse("fresh"), lastRead: null, trouble: null },
  ],
  rooms: [
    {
      name: RoomName.parse("calm"),
      keys: true,
      matrix: null,
      telegram: null,
      queued: 0,
      head: null,
      dead: 0,
    },
    {
      name: RoomName.parse("waiting"),
      keys: true,
      matrix: null,
      telegram: null,
      queued: 3,
      head: {
        since: NOW - 120_000,
        mapping: MappingName.parse("all"),
        attempts: 2,
        due: NOW + 30_000,
      },
      dead: 1,
    },
    {
      name: RoomName.parse("keyless"),
      keys: false,
      matrix: null,
      telegram: null,
      queued: 0,
      head: null,
      dead: 0,
    },
  ],
  accounts: [],
  bots: [],
  unmatched: 5,
  troubles: [
    { code: "disk_full", since: NOW - 3_600_000 },
    { code: "room_halted", room: RoomName.parse("waiting"), since: NOW - 60_000 },
    { code: "room_waiting", room: RoomName.parse("waiting"), reason: "internal", since: NOW - 60_000 },
    // Its source's line says it already.
    {
      code: "source_stopped",
      source: SourceName.parse("other"),
      reason: "token_refused",
      since: NOW - 60_000,
    },
  ],
};

test("what flows, what waits and what failed is told in plain words of either language", async () => {
  const { asked } = await place();
  const said = async (lang: "ru" | "en") => {
    const io = fakeIo({ now: () => NOW });
    expect(await status(io, { ...asked, lang, json: false }, bridgeWith(busy))).toBe(0);
    expect(io.stderr()).toBe("");
    return io.stdout();
  };
  expect(await said("en")).toBe(
    [
      "The bridge is running.",
      "Sources",
      "  faculty: read 12 seconds ago",
      "  other: read 3 hours ago; in the way: the token is refused: get a new one from the bot's maker",
      "  fresh: never read yet",
      "Rooms",
      "  calm: all is sent",
      "  waiting: 3 parts queued; the first waits for 2 minutes, failed tries: 2 (a fault of the bridge, or of its disk), next in 30 seconds; failed for good: 1",
      "  keyless: no keys yet",
      "What you were told of, and lasts",
      "  There is no room on the disk. New announcements are not read, but are not lost: they wait in the sources. Free some space, and the bridge goes on by itself.",
      '  Nothing more is written to the room "waiting": readers were shown what this database does not know. Announcements wait in the queue. The recovery code is needed: npm run -s postern -- room certify waiting',
      "5 posts matched no mapping.",
      "",
    ].join("\n"),
  );
  expect(await said("ru")).toBe(
    [
      "Мост работает.",
      "Источники",
      "  faculty: прочитан 12 секунд назад",
      "  other: прочитан 3 часа назад; мешает: токен не принят: возьмите новый у создателя бота",
      "  fresh: ещё ни разу не прочитан",
      "Комнаты",
      "  calm: всё отправлено",
      "  waiting: в очереди 3 части; первая ждёт 2 минуты, неудач: 2 (сбой моста или его диска), дальше через 30 секунд; не доставлено и не будет: 1",
      "  keyless: ключей ещё нет",
      "О чём вам сообщалось и что не прошло",
      "  На диске нет места. Новые объявления не читаются, но не пропадут: они ждут в источниках. Освободите место, и мост продолжит сам.",
      "  В комнату «waiting» больше ничего не пишется: читателям уже показано новое, чего эта база не знает. Объявления ждут в очереди. Понадобится код восстановления: npm run -s postern -- room certify waiting",
      "Постов, что не подошли ни под одно правило: 5.",
      "",
    ].join("\n"),
  );
});

test("as JSON it has keys that scripts may rely on", async () => {
  const { asked } = await place();
  const io = fakeIo({ now: () => NOW });
  expect(await status(io, { ...asked, json: true }, bridgeWith(busy))).toBe(0);
  expect(JSON.parse(io.stdout())).toEqual({
    running: true,
    sources: [
      { name: "faculty", last_read: "2026-11-02T11:59:48.000Z", trouble: null },
      { name: "other", last_read: "2026-11-02T09:00:00.000Z", trouble: "token_refused" },
      { name: "fresh", last_read: null, trouble: null },
    ],
    rooms: [
      { name: "calm", type: "sealed", keys: true, queued: 0, head: null, failed: 0 },
      {
        name: "waiting",
        type: "sealed",
        keys: true,
        queued: 3,
        head: {
          since: "2026-11-02T11:58:00.000Z",
          mapping: "all",
          attempts: 2,
          due: "2026-11-02T12:00:30.000Z",
        },
        failed: 1,
      },
      { name: "keyless", type: "sealed", keys: false, queued: 0, head: null, failed: 0 },
    ],
    unmatched: 5,
    troubles: [
      { code: "disk_full", since: "2026-11-02T11:00:00.000Z" },
      { code: "room_halted", room: "waiting", since: "2026-11-02T11:59:00.000Z" },
      { code: "room_waiting", room: "waiting", reason: "internal", since: "2026-11-02T11:59:00.000Z" },
      {
        code: "source_stopped",
        source: "other",
        reason: "token_refused",
        since: "2026-11-02T11:59:00.000Z",
      },
    ],
  });
});

test("before anything was made there is a status too, and asking for it makes nothing", async () => {
  const { asked, folder } = await place();
  const io = fakeIo();
  expect(await status(io, { ...asked, json: false })).toBe(0);
  expect(io.stdout()).toContain("The bridge is not running");
  expect(io.stdout()).toContain("  second: no keys yet");
  expect(await readdir(folder)).toEqual(["postern.yaml"]);
});

test("whether a bridge runs is told by the one that answers", async () => {
  const { asked } = await place();
  await roomInit(fakeIo(), { ...asked, room: "faculty", printCode: true });
  const running = async () => {
    const io = fakeIo();
    await status(io, { ...asked, json: true });
    expect(io.stdout() + io.stderr()).not.toContain(TOKEN);
    return JSON.parse(io.stdout());
  };
  expect(await running()).toMatchObject({ running: false, rooms: [{ keys: true }, { keys: false }] });
  const lasting = { code: "disk_full", since: NOW } as const;
  const bridge = await standIn(await configOf(asked.config), { live: { troubles: () => [lasting] } });
  expect(await running()).toMatchObject({
    running: true,
    troubles: [{ code: "disk_full", since: "2026-11-02T12:00:00.000Z" }],
  });
  await bridge.stop();
  expect(await running()).toMatchObject({ running: false });
});

test("a wrong key is told, and settings that are wrong are", async () => {
  const { asked } = await place();
  await roomInit(fakeIo(), { ...asked, room: "faculty", printCode: true });
  const wrong = fakeIo({ env: { POSTERN_VAULT_KEY: "1".repeat(64) } });
  expect(await status(wrong, { ...asked, json: true })).toBe(2);
  expect(wrong.stdout()).toBe("");
  expect(wrong.stderr()).toContain("This key does not open this database");
  const { asked: broken } = await place((base) => base.replace("title: Faculty", "titel: Faculty"));
  const io = fakeIo();
  expect(await status(io, { ...broken, json: false })).toBe(1);
  expect(io.stderr()).toContain("rooms.faculty.titel");
  expect(io.stderr()).toContain("2 errors in");
});
