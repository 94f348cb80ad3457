import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  DeviceId as MachineDevice,
  RoomId as MachineRoom,
  UserId as MachineUser,
  OlmMachine,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { openEngine } from "../adapters/matrix/engine/open.ts";
import { createSender } from "../adapters/matrix/engine/requests.ts";
import { giveKey, reach } from "../adapters/matrix/engine/share.ts";
import { openStore, type StoreOptions } from "../adapters/matrix/engine/store/open.ts";
import type { EngineFault } from "../adapters/matrix/engine.ts";
import { DeviceId, RoomId, UserId } from "../adapters/matrix/ids.ts";
import { systemClock } from "../bridge/clock.ts";
import { type BenchRoom, benchRoom } from "./matrix-devices.ts";
import type { Measurement } from "./measured.ts";
import { ms, pairs, timed } from "./pairs.ts";

const DEVICES = 1_000;
/** Events in one side of a pair: all pairs together stay within one session's hundred. */
const EVENTS = 10;
const USER = UserId.parse("@bot:server");
const TRUST = { strict: false, shareHistory: true };
const ROOM = RoomId.parse("!room:server");
const never = new AbortController().signal;
const silent = { debug() {}, info() {}, warn() {}, error() {} };

const none = (fault: EngineFault | null): void => {
  if (fault !== null) throw new Error(fault.code);
};

/** An engine of the library over one of its stores, that knows and reaches every device of the room. */
async function machineOver(room: BenchRoom, file: string | null, only?: StoreOptions["only"]) {
  const opened = await openStore({
    file,
    passphrase: "a passphrase made by a machine",
    create: true,
    now: systemClock.now,
    failed(error) {
      throw error;
    },
    ...(only === undefined ? {} : { only }),
  });
  if (!opened.ok) throw new Error(opened.problem);
  const { store } = opened;
  const machine = await OlmMachine.initFromStore(
    new MachineUser(USER),
    new MachineDevice("BOT"),
    store.handle,
    silent,
  );
  const send = createSender(machine, room.api, systemClock);
  none(await reach(machine, send, room.members, never));
  return {
    share: async () => none(await giveKey(machine, send, ROOM, room.members, TRUST, never)),
    async encrypt() {
      const content = JSON.stringify({ msgtype: "m.text", body: `Объявление № ${++said}` });
      await machine.encryptRoomEvent(new MachineRoom(ROOM), "m.room.message", content);
    },
    close() {
      machine.close();
      return store.close(false);
    },
  };
}

let said = 0;
let files = 0;

/** Sharing a room's key with a thousand devices, and encrypting for them, over the store that lasts. */
export const matrix: Measurement = async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-bench-"));
  const room = benchRoom(DEVICES);
  const file = (): string => path.join(folder, `${++files}.db`);
  try {
    const sharing = (store: () => ReturnType<typeof machineOver>) => async () => {
      const machine = await store();
      const took = await timed(machine.share);
      await machine.close();
      return took;
    };
    const shared = await pairs({
      baseline: sharing(() => machineOver(room, null, "memory")),
      measured: sharing(() => machineOver(room, file())),
      within: 40_000,
    });

    const encrypting = async (made: ReturnType<typeof machineOver>) => {
      const machine = await made;
      await machine.share();
      return () =>
        timed(async () => {
          for (let i = 0; i < EVENTS; i++) await machine.encrypt();
        });
    };
    const encrypted = await pairs({
      baseline: await encrypting(machineOver(room, null, "indexeddb")),
      measured: await encrypting(machineOver(room, file())),
      within: 10_000,
    });
    const again = await secondAnnouncement(room, file());
    return [
      {
        name: `Matrix: a key shared with ${DEVICES} devices, durable store against the engine's in memory`,
        value: shared.ratio,
        unit: "×",
        aim: { atMost: 2.5 },
        detail: `${ms(shared.measured)}, ${ms(shared.baseline)}; ${shared.count} pairs`,
      },
      {
        name: "Matrix: an event encrypted for them, against IndexedDB that is not written through",
        value: encrypted.ratio,
        unit: "×",
        aim: { atMost: 1.5 },
        detail: `${ms(encrypted.measured / EVENTS)}, ${ms(encrypted.baseline / EVENTS)}`,
      },
      {
        name: "Matrix: key requests for a second announcement where nothing changed",
        value: again.requests,
        unit: "requests",
        aim: { atMost: 0 },
        detail: `the first took ${again.first} requests; the second ${ms(again.took)}`,
      },
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function secondAnnouncement(room: BenchRoom, file: string) {
  const opened = await openEngine({
    user: USER,
    device: DeviceId.parse("BOT"),
    api: room.api,
    clock: systemClock,
    store: { file, passphrase: "another passphrase", create: true },
  });
  if (!opened.ok) throw new Error(opened.problem);
  const { engine } = opened;
  const announce = () =>
    engine.encrypt(ROOM, room.members, TRUST, "m.room.message", { msgtype: "m.text", body: "x" }, never);
  const before = room.calls();
  await announce();
  const between = room.calls();
  const took = await timed(announce);
  const after = room.calls();
  await engine.close();
  return { first: between - before, requests: after - between, took };
}
