import Database from "better-sqlite3";
import type sodium from "libsodium-wrappers";
import { createTreeCarrier } from "../../adapters/web/feed/tree.ts";
import { type Bridge, createBridge, type RoomSettings } from "../../bridge/bridge.ts";
import type { RoomName } from "../../bridge/model/ids.ts";
import { type Runtime, startRuntime } from "../../bridge/runtime.ts";
import type { Carrier } from "../../bridge/seal/carrier.ts";
import { readCert } from "../../bridge/seal/cert.ts";
import { readHead } from "../../bridge/seal/head.ts";
import { beginChain } from "../../bridge/seal/new-chain.ts";
import { restartNeeded } from "../../bridge/seal/restart-rules.ts";
import { openWitness, type Witness, witnessed } from "../../bridge/seal/witness.ts";
import { atomically, type Db, readyDatabase } from "../../bridge/store/db.ts";
import { createVault, type Vault } from "../../bridge/vault/vault.ts";
import type { Durable } from "./database.ts";
import type { SimulatedDisk } from "./disk.ts";
import { type Chat, chatDestination } from "./messenger.ts";
import { ROOMS, type Scenario } from "./scenario.ts";
import { type SourceState, simulatedSource } from "./source.ts";
import type { Truth } from "./truth.ts";
import { Injected, type Life, type World } from "./world.ts";

/** What outlives the bridge: the machine's disk, the source, the messenger. */
export interface Surroundings {
  readonly lib: typeof sodium;
  /** What a new database's check is sealed with, by chance of its own: one that is used again has it already. */
  readonly checked: typeof sodium;
  readonly scenario: Scenario;
  readonly world: World;
  readonly disk: SimulatedDisk;
  readonly durable: Durable;
  readonly truth: Truth;
  readonly source: SourceState;
  readonly chat: Chat;
}

/** One life of the bridge, put together as `postern run` does. */
export interface Living extends Life {
  readonly db: Db;
  readonly bridge: Bridge;
  runtime: Runtime | null;
  /** A part of it broke, as on a full disk: the process stops and is started again. */
  broken: boolean;
}

const vaultOf = (lib: typeof sodium): Vault => createVault(lib, new Uint8Array(32).fill(42));

/** Whether a part may break of this: it was injected. Anything else is a bug. */
const expected = (error: unknown): boolean =>
  error instanceof Injected || (error instanceof Database.SqliteError && error.code === "SQLITE_FULL");

/** Opens the database as a process would that has just started. Nothing runs yet. */
export function born(s: Surroundings, number: number): Living {
  const { lib, world, scenario } = s;
  const { db } = s.durable;
  const vault = vaultOf(lib);
  const opened = readyDatabase(db, vaultOf(s.checked));
  if (!opened.ok) throw new Error(opened.problem.code);
  const life: Life = {
    number,
    dead: false,
    freeze: () => s.durable.freeze(),
  };
  const info = { title: "Расписание", zone: "Europe/Moscow", lang: "ru", history: 14, origins: [] } as const;
  const bridge = createBridge({
    lib,
    vault,
    db,
    disk: s.disk.of(life),
    dataFolder: "/data",
    mappings: scenario.mappings,
    rooms: new Map(
      ROOMS.flatMap((room, i): [RoomName, RoomSettings][] => {
        const timing = scenario.timings[i];
        return timing === undefined ? [] : [[room, { info, timing }]];
      }),
    ),
    clock: world.clock(life),
    random: world.chance,
    failpoints: world.failpoints(life),
  });
  if (number === 1)
    for (const [i, room] of ROOMS.slice(0, 2).entries())
      atomically(db, () => bridge.log.create(room, new Uint8Array(32).fill(i + 1)));
  return Object.assign(life, { db, bridge, runtime: null, broken: false });
}

/** Where the log of a room stands for whoever reads the feed. */
export const feedFolder = (bridge: Bridge, room: RoomName): string =>
  `/feed/${Buffer.from(bridge.store.seal.get(room)?.roomId ?? []).toString("hex")}`;

/** New chains where feed or witness know more than the database, or where that was put back. */
async function beginChains(
  s: Surroundings,
  life: Living,
  witness: Witness,
  restored: boolean,
): Promise<void> {
  const { bridge, db } = life;
  for (const room of bridge.store.seal.rooms()) {
    const state = bridge.store.seal.get(room);
    const bytes = s.disk.bytes(`${feedFolder(bridge, room)}/head`);
    if (state === null) continue;
    const [cert] = bridge.store.seal.certs(state.rootPk);
    const known =
      cert === undefined ? null : readCert(s.lib, new Uint8Array(cert.cert), new Uint8Array(state.rootPk));
    const head =
      bytes === null || known === null ? null : readHead(s.lib, new Uint8Array(bytes), known.onlinePk);
    const noted = witness.known(Buffer.from(state.roomId).toString("hex"));
    const needed = restartNeeded(
      state,
      [head, noted].filter((place) => place !== null),
    );
    if (needed !== null && !restored)
      s.world.wrong("others know more of a log than the database that made it");
    if (needed === null && !restored) continue;
    s.world.note(`new chain in ${room}`);
    const beginner = { db, store: bridge.store.seal, log: bridge.log, witness };
    while ((await beginChain(beginner, room, needed ?? 0)) === "unwitnessed" && !life.dead)
      await s.world.clock(life).sleep(20_000, new AbortController().signal);
  }
}

/** A carrier that takes its time: what is sealed meanwhile is copied together, as on a busy machine. */
const slow = (carrier: Carrier, world: World, life: Life): Carrier => ({
  name: carrier.name,
  async copy(log, signal) {
    await carrier.copy(log, signal);
    await world.clock(life).sleep(world.chance.between(200, 3_000), signal);
  },
});

/** Starts everything that runs, after what a crash left behind is cleared away. */
export async function begin(s: Surroundings, life: Living, restored: boolean): Promise<void> {
  const { world, scenario } = s;
  const { bridge } = life;
  const disk = s.disk.of(life);
  const failpoints = world.failpoints(life);
  const chatRoom = ROOMS[2];
  if (chatRoom === undefined) throw new Error("three rooms");
  await bridge.sweep();
  const witness = await openWitness(disk, "/keys/witness");
  await beginChains(s, life, witness, restored);
  const runtime = startRuntime({
    bridge,
    vault: vaultOf(s.lib),
    sources: [simulatedSource(world, s.truth, s.source, life)],
    carriers: [
      slow(
        witnessed(createTreeCarrier(disk, "/feed", failpoints), witness, () => {}),
        world,
        life,
      ),
    ],
    destinations: [chatDestination(world, s.chat, chatRoom, bridge, scenario.mappings, life)],
    mappings: scenario.mappings,
    lang: () => "ru",
    clock: world.clock(life),
    random: world.chance,
    failpoints,
    reports: {
      intake: (r) => world.note(`intake ${r.kind}`),
      delivery(d, o) {
        world.note(`delivery ${d.room} ${d.action} ${d.part} r${d.revision} ${o.kind}`);
        if (d.room === chatRoom && o.kind === "retry") s.chat.known(true, life);
      },
      media: (code) => world.note(code),
      carrier: (room, _, code) => world.note(`${code} ${room}`),
    },
    filesAtOnce: 2,
    fileDeadline: () => 120_000,
    copied: () => {},
  });
  life.runtime = runtime;
  runtime.ended.catch((error: unknown) => {
    if (life.dead) return;
    life.broken = true;
    world.note(`broke: ${error instanceof Error ? error.message : "?"}`);
    if (!expected(error)) world.wrong(`it broke: ${error instanceof Error ? error.stack : String(error)}`);
  });
}
