import { expect, test } from "vitest";
import { AccountName, RoomName } from "../../bridge/model/ids.ts";
import { atomically } from "../../bridge/store/db.ts";
import type { AccountLook, BridgeStatus, OpenBridge, RoomLook } from "../../cli/bridge-api.ts";
import { check } from "../../cli/commands/check.ts";
import { matrixChat } from "../../cli/commands/matrix-chat.ts";
import { matrixInvite } from "../../cli/commands/matrix-invite.ts";
import { matrixLogin } from "../../cli/commands/matrix-login.ts";
import { roomCertify } from "../../cli/commands/room-certify.ts";
import { roomInit } from "../../cli/commands/room-init.ts";
import { roomLink } from "../../cli/commands/room-link.ts";
import { roomRekey } from "../../cli/commands/room-rekey.ts";
import { status } from "../../cli/commands/status.ts";
import { openCore } from "../../cli/core.ts";
import { openBridge } from "../../cli/open-bridge.ts";
import { type FakeIo, fakeIo, person, place, VAULT_KEY } from "./io.helper.ts";
import { configOf, standIn } from "./running.helper.ts";

const CLASS = RoomName.parse("class");
const CAMPUS = AccountName.parse("campus");

/** The rooms `faculty`, sealed, and `class`, of Matrix. */
const both = () =>
  place((base) =>
    base
      .replace(
        "rooms:\n",
        "matrix:\n  campus: { base_url: 'http://127.0.0.1:9' }\nrooms:\n  class: { type: matrix, account: campus, title: Class }\n",
      )
      .replace("rooms: [faculty, second]", "rooms: [faculty, second, class]"),
  );

type Command = (io: FakeIo, asked: { readonly config: string; readonly lang: null }) => Promise<number>;

/** What commands for one kind of room say of the other kind. */
const mistaken: readonly (readonly [string, Command, RegExp])[] = [
  [
    "room link",
    (io, asked) => roomLink(io, { ...asked, room: "class", fromToday: false, png: null }),
    /"class" is a Matrix room: .*matrix invite class/,
  ],
  [
    "room rekey",
    (io, asked) => roomRekey(io, { ...asked, room: "class", yes: true }),
    /"class" is a Matrix room/,
  ],
  [
    "room certify",
    (io, asked) => roomCertify(io, { ...asked, room: "class", all: false, codeStdin: true, yes: true }),
    /"class" is a Matrix room/,
  ],
  [
    "room init --adopt",
    (io, asked) => roomInit(io, { ...asked, room: "faculty", printCode: true, adopt: "!a:b" }),
    /--adopt is for Matrix rooms alone/,
  ],
  [
    "matrix invite",
    (io, asked) => matrixInvite(io, { ...asked, room: "faculty", user: "@a:b" }),
    /"faculty" is a sealed room: .*room link faculty/,
  ],
  [
    "matrix login of an account that there is not",
    (io, asked) => matrixLogin(io, { ...asked, account: "kampus" }),
    /no account "kampus".* Did you mean campus\?/,
  ],
  [
    "matrix login where nobody can be asked",
    (io, asked) => matrixLogin(io, { ...asked, account: null }),
    /typed in a terminal window, and this is none/,
  ],
  [
    "matrix chat with a name that is none",
    (io, asked) => matrixChat(io, { ...asked, user: "name", account: null, end: false }),
    /"name" is no Matrix name/,
  ],
];

test.each(mistaken)("%s says what fits, and does nothing", async (_name, command, said) => {
  const { asked } = await both();
  const io = fakeIo();
  expect(await command(io, asked)).toBe(1);
  expect(io.stderr()).toMatch(said);
  expect(io.stdout()).toBe("");
});

test("before a login everything says that one is needed, whether a bridge runs or not", async () => {
  const { asked } = await both();
  await roomInit(fakeIo(), { ...asked, room: "faculty", printCode: true });
  const said = async (): Promise<readonly string[]> => {
    const told: string[] = [];
    for (const command of [
      (io: FakeIo) => roomInit(io, { ...asked, room: "class", printCode: false }),
      (io: FakeIo) => matrixInvite(io, { ...asked, room: "class", user: "@a:b" }),
      (io: FakeIo) => matrixChat(io, { ...asked, user: "@a:b", account: null, end: false }),
    ]) {
      const io = fakeIo();
      expect(await command(io)).toBe(2);
      told.push(io.stderr());
    }
    return told;
  };
  const login = expect.stringContaining("matrix login campus");
  expect(await said()).toEqual([login, login, login]);
  await standIn(await configOf(asked.config), {
    live: {
      accounts: {
        destinations: [],
        lifetimes: [],
        of: () => null,
        problem: () => "no_session",
        close: async () => {},
      },
    },
  });
  expect(await said()).toEqual([login, login, login]);
});

test("a room that was sealed before is no Matrix room, and nothing is sent to it as one", async () => {
  const { asked } = await both();
  const config = await configOf(asked.config);
  const opened = await openCore(config, { env: { POSTERN_VAULT_KEY: VAULT_KEY }, askPassphrase: null });
  if (!opened.ok) throw new Error(opened.problem.code);
  const { core } = opened;
  atomically(core.db, () => {
    core.bridge.log.create(CLASS, new Uint8Array(32).fill(7));
  });
  expect([...core.bridge.sealedRooms(() => {}).keys()]).toEqual([]);
  core.close();
  const io = fakeIo();
  expect(await roomInit(io, { ...asked, room: "class", printCode: false })).toBe(2);
  expect(io.stderr()).toContain('The room "class" was a sealed room before');
});

test("a server that cannot be reached is told in words, and no code is shown before", async () => {
  const { asked } = await both();
  const who = person((q) =>
    q.kind === "choose" ? "password" : q.kind === "line" ? "@bot:a" : q.kind === "secret" ? "canary" : "yes",
  );
  const io = fakeIo({ ask: who.ask });
  expect(await matrixLogin(io, { ...asked, account: null })).toBe(2);
  expect(io.stderr()).toContain("the server cannot be reached: check base_url");
  expect(who.seen()).not.toContain("recovery code");
  expect(io.stderr() + io.stdout()).not.toContain("canary");
});

const room = { queued: 0, head: null, dead: 0 } as const;
const told = (over: Partial<BridgeStatus>): BridgeStatus => ({
  running: true,
  sources: [],
  rooms: [],
  accounts: [],
  bots: [],
  unmatched: 0,
  troubles: [],
  ...over,
});

test("status tells how accounts and rooms stand, in either language and as JSON", async () => {
  const { asked } = await both();
  const now = Date.UTC(2026, 10, 2, 12);
  const stands = told({
    accounts: [
      { name: CAMPUS, state: "in", heard: now - 12_000, trouble: null, confirmed: true },
      { name: AccountName.parse("b"), state: "in", heard: null, trouble: "timeout", confirmed: false },
      { name: AccountName.parse("c"), state: "out", heard: null, trouble: "logged_out", confirmed: null },
      { name: AccountName.parse("d"), state: "lost", heard: null, trouble: "store_missing", confirmed: null },
      { name: AccountName.parse("e"), state: "lost", heard: null, trouble: "store_disk", confirmed: null },
    ],
    rooms: [
      { ...room, name: CLASS, keys: true, matrix: { held: "out", strict: true, unread: 3 }, telegram: null },
      {
        ...room,
        name: RoomName.parse("b"),
        keys: false,
        matrix: { held: null, strict: false, unread: null },
        telegram: null,
      },
    ],
  });
  const open: OpenBridge = async (config, options) => {
    const opened = await openBridge(config, options);
    return opened.ok ? { ok: true, bridge: { ...opened.bridge, status: async () => stands } } : opened;
  };
  const said = async (lang: "ru" | "en", json: boolean) => {
    const io = fakeIo({ now: () => now });
    await status(io, { ...asked, lang, json }, open);
    return io.stdout();
  };
  expect((await said("en", false)).split("\n").slice(2, -1)).toEqual([
    "Matrix accounts",
    "  campus: read 12 seconds ago; its device is confirmed",
    "  b: not read yet since the start; in the way: the server did not answer in time; its device is not confirmed by its owner: log in again",
    "  c: not logged in",
    "  d: its keys are not on this machine: log in again",
    "  e: in the way: the disk does not take or give the keys of this session; check its space",
    "Rooms",
    expect.stringMatching(
      /^ {2}class: nothing is sent there now: the bridge's account is not in it .*; keys go to confirmed devices alone; devices that get no keys: 3; all is sent$/,
    ),
    "  b: not on the server yet",
  ]);
  expect(await said("ru", false)).toContain("  c: мост не вошёл\n");
  expect(JSON.parse(await said("en", true))).toMatchObject({
    accounts: [
      { name: "campus", state: "in", heard: "2026-11-02T11:59:48.000Z", trouble: null, confirmed: true },
      {},
      {},
      {},
      {},
    ],
    rooms: [
      { name: "class", type: "matrix", keys: true, held: "out", strict: true, unread: 3 },
      { name: "b", type: "matrix", keys: false, held: null, strict: false, unread: null },
    ],
  });
});

test("check tells what is wrong with accounts and rooms, and what could be better", async () => {
  const { asked } = await both();
  const said = async (accounts: readonly AccountLook[], rooms: readonly RoomLook[]) => {
    const open: OpenBridge = async (config, options) => {
      const opened = await openBridge(config, options);
      return opened.ok
        ? { ok: true, bridge: { ...opened.bridge, matrix: async () => ({ accounts, rooms }) } }
        : opened;
    };
    const io = fakeIo();
    await check(io, asked, { open, sources: async () => [], deadline: 50, sourceDeadline: 50 });
    const lines = io.stdout().split("\n");
    const from = lines.indexOf("Matrix rooms");
    return lines.slice(from + 1, lines.indexOf("Reachability for readers"));
  };
  const account = { name: CAMPUS, trouble: null, signed: true, largest: null };
  const seen = { name: CLASS, trouble: null, flaws: [], strict: false, unread: null };
  expect(await said([account], [seen])).toEqual([
    '  ✓ the account "campus" is logged in',
    '  ✓ the device of "campus" is confirmed by its owner',
    expect.stringContaining('✓ the room "class" is encrypted'),
  ]);
  expect(
    await said(
      [{ ...account, signed: false, largest: 50_000_000 }],
      [
        {
          ...seen,
          strict: true,
          unread: 2,
          flaws: [
            { flaw: "open", unsafe: true },
            { flaw: "topic", unsafe: false },
          ],
        },
      ],
    ),
  ).toEqual([
    '  ✓ the account "campus" is logged in',
    expect.stringContaining('✗ the device of "campus" is not confirmed by its owner'),
    '  ! the server of "campus" takes files up to 50 MB; a line stands for larger ones',
    '  ✗ the room "class": others than those whom the bridge invites can come in',
    '  ! the room "class": its topic is another than in the settings',
    expect.stringContaining('! the room "class" gives keys to confirmed devices alone'),
    '  ! the room "class": devices that get no keys and read nothing: 2',
  ]);
  const wrong = [
    ["no_session", "is not logged in"],
    ["store_missing", "are not on this machine"],
    [
      "store_wrong_passphrase",
      "the keys of this session do not open. Announcements for its rooms wait. Log in",
    ],
    ["timeout", "the server did not answer in time"],
    ["M_STRANGE", "the server answers M_STRANGE"],
  ] as const;
  for (const [trouble, text] of wrong)
    expect(await said([{ ...account, trouble }], [])).toEqual([expect.stringContaining(text)]);
});
