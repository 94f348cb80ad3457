import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { markInstance } from "../../bridge/instance.ts";
import { AnnouncementId, RoomName } from "../../bridge/model/ids.ts";
import { makeCert } from "../../bridge/seal/cert.ts";
import { makeHead } from "../../bridge/seal/head.ts";
import { onlinePair, rootPair } from "../../bridge/seal/keys.ts";
import { recoveryCode } from "../../bridge/seal/recovery.ts";
import type { Place } from "../../bridge/seal/restart-rules.ts";
import { atomically } from "../../bridge/store/db.ts";
import { roomCertify } from "../../cli/commands/room-certify.ts";
import { type Core, openCore } from "../../cli/core.ts";
import { beginNewChains } from "../../cli/new-chains.ts";
import { loadConfig } from "../../config/load.ts";
import { fakeIo, place, TOKEN, VAULT_KEY } from "./io.helper.ts";

const ROOM = RoomName.parse("faculty");
const SEED = new Uint8Array(32).fill(1);

/** Another place of the room: what it answers for `head` and `cert`; nothing: it does not answer at all. */
async function origin() {
  const files = new Map<string, Uint8Array>();
  let silent = false;
  const server = createServer((request, response) => {
    if (silent) return void request.socket.destroy();
    const found = files.get(request.url?.split("/").at(-1) ?? "");
    response.statusCode = found === undefined ? 404 : 200;
    response.end(found);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  const name = `127.0.0.1:${typeof address === "object" ? address?.port : 0}/copy`;
  return { name, files, silence: () => (silent = true) };
}

/** A room with a few records, as it stands after a first start. */
async function started() {
  const other = await origin();
  const { folder, config, asked } = await place((base) =>
    `${base}witness: ./witness\n`.replace("title: Faculty", `title: Faculty\n    origins: ["${other.name}"]`),
  );
  const env = { POSTERN_VAULT_KEY: VAULT_KEY, POSTERN_FACULTY_TOKEN: TOKEN };
  const open = async (): Promise<Core> => {
    const loaded = await loadConfig({ file: config, env });
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.errors));
    const opened = await openCore(loaded.config, { env, askPassphrase: null });
    if (!opened.ok) throw new Error(opened.problem.code);
    return opened.core;
  };
  const core = await open();
  onTestFinished(() => core.close());
  atomically(core.db, () => core.bridge.log.create(ROOM, SEED));
  await markInstance(core.db, core.config.data);
  const data = path.join(folder, "data");
  return { core, open, other, asked, data, witness: path.join(folder, "witness") };
}
type Started = Awaited<ReturnType<typeof started>>;

async function begin(core: Core, patience = 0): Promise<readonly string[]> {
  const said: string[] = [];
  await beginNewChains(core, {
    signal: new AbortController().signal,
    rooms: [...core.config.rooms.keys()],
    patience,
    began: (room) => said.push(`${room} began`),
    waiting: (room) => said.push(`${room} waits`),
    witness: core.witness,
    unwitnessed: () => said.push("no witness"),
    halted: (room, why) => said.push(`${room}: ${why}`),
  });
  return said;
}

const state = (core: Core) => {
  const found = core.bridge.store.seal.get(ROOM);
  if (found === null) throw new Error("no keys");
  return found;
};
const chain = (core: Core): string => `${state(core).serial}.${state(core).restart}`;
const roomId = (core: Core): string => Buffer.from(state(core).roomId).toString("hex");

function post(core: Core, text: string): string {
  const id = AnnouncementId.parse(Buffer.from(text.padEnd(8, "x")).subarray(0, 8).toString("base64url"));
  return atomically(
    core.db,
    () => core.bridge.log.append(ROOM, { v: 1, t: 0, k: "post", id, rev: 0, text, marks: [] }, id).key,
  );
}

/** A head as a bridge with this room's keys would have signed it; `online`: another certificate's pair. */
function headAt(core: Core, at: Place, online = onlineOf(core)): Uint8Array {
  const made = Math.floor(core.clock.now() / 1000);
  return makeHead(core.lib, {
    ...at,
    roomId: state(core).roomId,
    hash: new Uint8Array(32).fill(9),
    first: 0,
    made,
    seen: made,
    onlineSecret: online,
  });
}

function onlineOf(core: Core): Uint8Array {
  const online = core.bridge.store.seal.online(state(core).rootPk, state(core).serial);
  if (online === null) throw new Error("no online key");
  return online;
}

/** A certificate of the room's root that this database does not know, and the secret of its pair. */
function laterCert(core: Core, serial: number) {
  const pair = onlinePair(core.lib);
  const now = Math.floor(core.clock.now() / 1000);
  const cert = makeCert(core.lib, {
    rootSecret: rootPair(core.lib, SEED).privateKey,
    serial,
    onlinePk: pair.publicKey,
    notBefore: now,
    notAfter: now + 86_400,
  });
  return { cert, online: pair.privateKey };
}

test("where nobody knows more than the database, the chain goes on", async () => {
  const s = await started();
  post(s.core, "one");
  s.other.files.set("head", headAt(s.core, { serial: 1, restart: 0, seq: 1 }));
  await s.core.witness.note(roomId(s.core), { serial: 1, restart: 0, seq: 1 });
  expect(await begin(s.core)).toEqual([]);
  expect(chain(s.core)).toBe("1.0");
});

const putBack: readonly (readonly [string, (s: Started) => Promise<void>, string])[] = [
  ["the folder has no mark", (s) => rm(path.join(s.data, "state", "instance")), "1.1"],
  [
    "the folder has another mark",
    (s) => writeFile(path.join(s.data, "state", "instance"), "another mark....."),
    "1.1",
  ],
  [
    "the folder has a mark and the database none",
    async (s) => void s.core.db.prepare("DELETE FROM instance").run(),
    "1.1",
  ],
  [
    "the witness saw a later record",
    (s) => s.core.witness.note(roomId(s.core), { serial: 1, restart: 0, seq: 7 }),
    "1.1",
  ],
  [
    "the witness saw a later chain",
    (s) => s.core.witness.note(roomId(s.core), { serial: 1, restart: 4, seq: 0 }),
    "1.5",
  ],
  [
    "another place has a later head",
    async (s) => void s.other.files.set("head", headAt(s.core, { serial: 1, restart: 2, seq: 3 })),
    "1.3",
  ],
  [
    "the own tree has a later head",
    async (s) => {
      const folder = path.join(s.data, "feed", roomId(s.core));
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, "head"), headAt(s.core, { serial: 1, restart: 0, seq: 2 }));
    },
    "1.1",
  ],
  ["none of its places answers", async (s) => void s.other.silence(), "1.1"],
];

test.each(putBack)(
  "a new chain begins where %s, above all that is known, and once",
  async (_name, change, expected) => {
    const s = await started();
    post(s.core, "one");
    await change(s);
    expect((await begin(s.core)).at(-1)).toBe("faculty began");
    expect(chain(s.core)).toBe(expected);
    expect(post(s.core, "two")).toBe(`${expected}.1`);
  },
);

test("a chain that was begun and never shown keeps its number: another restored database begins a higher one", async () => {
  const s = await started();
  post(s.core, "one");
  const older = path.join(s.data, "older.db");
  await s.core.db.backup(older);
  await rm(path.join(s.data, "state", "instance"));
  expect(await begin(s.core)).toEqual(["faculty began"]);
  expect(chain(s.core)).toBe("1.1");
  s.core.close();
  for (const end of ["-wal", "-shm"]) await rm(path.join(s.data, `postern.db${end}`), { force: true });
  await rename(older, path.join(s.data, "postern.db"));
  const core = await s.open();
  expect(chain(core)).toBe("1.0");
  expect(await begin(core)).toEqual(["faculty began"]);
  expect(chain(core)).toBe("1.2");
  // That it is begun is known of the open chain too, and is no reason for another.
  expect(await begin(core)).toEqual([]);
  core.close();
});

test("no chain begins while the witness cannot be written: the start waits, and ends when it is asked to", async () => {
  const s = await started();
  await rm(path.join(s.data, "state", "instance"));
  await rm(s.witness, { force: true });
  await mkdir(`${s.witness}.part`);
  const ending = new AbortController();
  const said: string[] = [];
  await beginNewChains(s.core, {
    signal: ending.signal,
    rooms: [ROOM],
    patience: 0,
    witness: s.core.witness,
    began: () => said.push("began"),
    waiting: () => said.push("waits"),
    halted: () => said.push("halted"),
    unwitnessed() {
      said.push("no witness");
      ending.abort();
    },
  });
  expect(said).toEqual(["no witness"]);
  expect(chain(s.core)).toBe("1.0");
});

test("a witness that cannot be understood counts as one that may have seen more", async () => {
  const s = await started();
  await writeFile(s.witness, "torn");
  const core = await s.open();
  expect(await begin(core)).toEqual(["faculty began"]);
  core.close();
});

test("what strangers sign, what is of another room and what is cut uses up no restart", async () => {
  const s = await started();
  const stranger = onlinePair(s.core.lib).privateKey;
  for (const bytes of [
    headAt(s.core, { serial: 1, restart: 9, seq: 9 }, stranger),
    headAt(s.core, { serial: 7, restart: 0, seq: 0 }, stranger),
    headAt(s.core, { serial: 1, restart: 9, seq: 9 }).subarray(1),
    new Uint8Array(143),
  ]) {
    s.other.files.set("head", bytes);
    s.other.files.set("cert", bytes);
    expect(await begin(s.core)).toEqual([]);
  }
  expect(chain(s.core)).toBe("1.0");
});

test("restored from before a renewal, the room stands still until it is certified above it; nothing is lost meanwhile", async () => {
  const s = await started();
  const { cert, online } = laterCert(s.core, 4);
  s.other.files.set("cert", cert);
  s.other.files.set("head", headAt(s.core, { serial: 4, restart: 0, seq: 3 }, online));
  const before = state(s.core).nextSeq;
  expect(await begin(s.core)).toEqual(["faculty: newer_certificate"]);
  expect(s.core.bridge.log.writable(ROOM)).toBe("newer_certificate");
  expect(() => post(s.core, "one")).toThrow("newer_certificate");
  await s.core.bridge.newDay();
  expect(state(s.core).nextSeq).toBe(before);
  expect(s.core.bridge.view(ROOM)?.head).toBeNull();
  // Another start, at which nobody answers, does not let it go on.
  s.other.silence();
  expect(await begin(s.core)).toEqual(["faculty: newer_certificate"]);
  const asked = { room: "faculty", all: false, codeStdin: true };
  const told = fakeIo({ input: recoveryCode(SEED) });
  expect(await roomCertify(told, { ...s.asked, ...asked, yes: false })).toBe(1);
});

test("certified above the higher certificate that a place tells of, a halted room goes on", async () => {
  const s = await started();
  s.other.files.set("cert", laterCert(s.core, 4).cert);
  expect(await begin(s.core)).toEqual(["faculty: newer_certificate"]);
  const io = fakeIo({ input: recoveryCode(SEED) });
  const options = { room: "faculty", all: false, codeStdin: true, yes: false };
  expect(await roomCertify(io, { ...s.asked, ...options })).toBe(0);
  expect(chain(s.core)).toBe("5.0");
  expect(await begin(s.core)).toEqual([]);
  expect(post(s.core, "one")).toBe("5.0.1");
});

test("after restart 255 the room stands still rather than give a place to two records", async () => {
  const s = await started();
  await s.core.witness.note(roomId(s.core), { serial: 1, restart: 254, seq: 0 });
  expect(await begin(s.core)).toEqual(["faculty began"]);
  expect(chain(s.core)).toBe("1.255");
  post(s.core, "one");
  await rm(path.join(s.data, "state", "instance"));
  expect(await begin(s.core)).toEqual(["faculty: restarts_used_up"]);
  expect(chain(s.core)).toBe("1.255");
  expect(() => post(s.core, "two")).toThrow("restarts_used_up");
  expect(await begin(s.core)).toEqual(["faculty: restarts_used_up"]);
  const io = fakeIo({ input: recoveryCode(SEED) });
  const options = { room: "faculty", all: false, codeStdin: true, yes: true };
  expect(await roomCertify(io, { ...s.asked, ...options })).toBe(0);
  expect(await begin(s.core)).toEqual([]);
  expect(post(s.core, "two")).toBe("2.0.1");
});
