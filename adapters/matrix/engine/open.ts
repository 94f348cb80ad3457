import {
  DecryptionSettings,
  DeviceLists,
  DeviceId as MachineDevice,
  RoomId as MachineRoom,
  UserId as MachineUser,
  OlmMachine,
  RequestType,
  TrustRequirement,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { z } from "zod";
import type { Clock } from "../../../bridge/model/effects.ts";
import { createQueue } from "../../../bridge/queue.ts";
import type { Api } from "../api.ts";
import type { Encrypted, Engine, EngineFault, RoomTrust, SyncForEngine } from "../engine.ts";
import type { DeviceId, RoomId, UserId } from "../ids.ts";
import { createBreakage, EngineBroken, isPanic, onPanic } from "./broken.ts";
import { createFreshness, megolmIndex } from "./freshness.ts";
import { shareHistory } from "./history.ts";
import { flush } from "./outgoing.ts";
import { createSender, type Sender } from "./requests.ts";
import { giveKey, machineUsers, reach, unsignedDevices } from "./share.ts";
import { deviceTrust, type SignTools, signDevice } from "./sign.ts";
import type { FileProblem } from "./store/file.ts";
import { openStore, type StoreOptions } from "./store/open.ts";

const DAY = 86_400_000;
/** So long at least others' keys are kept: a client may use one session for a week. */
const RECEIVED_LAST = 30 * DAY;

export interface EngineOptions {
  readonly user: UserId;
  readonly device: DeviceId;
  readonly store: Omit<StoreOptions, "failed" | "now">;
  readonly api: Api;
  readonly clock: Clock;
}

export type EngineProblem =
  | FileProblem
  /** The store belongs to another account or device. */
  | "other_device";

const silent = { debug() {}, info() {}, warn() {}, error() {} };
const Session = z.object({ session_id: z.string(), ciphertext: z.string() });
const Clear = z.object({ type: z.string(), content: z.unknown() });

/** Opens the engine of one account's device over its store. */
export async function openEngine(
  o: EngineOptions,
): Promise<
  { readonly ok: true; readonly engine: Engine } | { readonly ok: false; readonly problem: EngineProblem }
> {
  const breakage = createBreakage();
  const { guarded } = breakage;
  const endPanic = onPanic(breakage.breaks);

  const opened = await guarded(() =>
    openStore({
      ...o.store,
      now: () => o.clock.now(),
      failed: () => breakage.breaks(new EngineBroken("store")),
    }),
  );
  if (!opened.ok) {
    endPanic();
    return opened;
  }
  const { store } = opened;
  let machine: OlmMachine;
  try {
    machine = await guarded(() =>
      OlmMachine.initFromStore(new MachineUser(o.user), new MachineDevice(o.device), store.handle, silent),
    );
  } catch (error) {
    if (error instanceof EngineBroken) throw error;
    endPanic();
    await store.close(false);
    const other = error instanceof Error && error.message.includes("doesn't match the account");
    return { ok: false, problem: other ? "other_device" : "damaged" };
  }
  // We have no use for events whose key we were not given.
  machine.roomKeyRequestsEnabled = false;

  const fresh = createFreshness(o.clock);
  const plainSend = createSender(machine, o.api, o.clock);
  const send: Sender = (request, signal) => {
    // Answers to all others may tell of devices.
    if (request.type !== RequestType.ToDevice) fresh.changed();
    return plainSend(request, signal);
  };
  const tools: SignTools = { machine, send, api: o.api, clock: o.clock, user: o.user };
  const queue = createQueue();
  let closed = false;
  const turn = <T>(signal: AbortSignal | null, work: () => Promise<T>): Promise<T> =>
    queue(() =>
      guarded(() => {
        signal?.throwIfAborted();
        if (closed) throw new Error("the engine is closed");
        return work();
      }),
    );
  const today = (): number => Math.floor(o.clock.now() / DAY);
  /** The sessions that events are encrypted with, as far as it is known since the start. */
  const current = new Map<RoomId, string>();
  /** From which index on all who were given a room's session open it; null: from that of the next event. */
  const opensFrom = new Map<RoomId, number | null>();
  const rotate = async (room: RoomId): Promise<void> => {
    fresh.forget(room);
    current.delete(room);
    await machine.invalidateGroupSession(new MachineRoom(room));
  };
  /** `more`: another event is to be encrypted, for which a session that is used up is of no use. */
  const share = async (
    room: RoomId,
    members: readonly UserId[],
    trust: RoomTrust,
    more: boolean,
    signal: AbortSignal,
  ): Promise<EngineFault | null> => {
    if (fresh.holds(room, members, trust, more)) return null;
    fresh.forget(room);
    current.delete(room);
    const give: Sender = (request, signal) => {
      if ("event_type" in request && request.event_type === "m.room.encrypted") opensFrom.set(room, null);
      return send(request, signal);
    };
    const fault = await store.making(
      async () =>
        (await reach(machine, send, members, signal)) ??
        (await giveKey(machine, give, room, members, trust, signal)),
    );
    if (fault === null) fresh.shared(room, members, trust);
    return fault;
  };
  /** Only after it was shared. */
  const encrypt = async (room: RoomId, type: string, content: unknown): Promise<Encrypted> => {
    const encrypted = await machine.encryptRoomEvent(new MachineRoom(room), type, JSON.stringify(content));
    const { session_id: session, ciphertext } = Session.parse(JSON.parse(encrypted));
    const index = megolmIndex(ciphertext);
    fresh.encrypted(room, index);
    current.set(room, session);
    if (opensFrom.get(room) === null) opensFrom.set(room, index ?? 0);
    return { content: encrypted, session };
  };

  const engine: Engine = {
    user: o.user,
    device: o.device,
    broken: breakage.broken,

    receive: (sync) =>
      turn(null, async () => {
        if (sync.toDevice.length + sync.changed.length + sync.left.length > 0) fresh.changed();
        // It saves in several transactions: killed between them, it could not read the key again that came in a message.
        await store.together(() => receive(machine, sync));
      }),

    flush: (signal) =>
      turn(signal, async () => {
        const { any } = await flush(machine, send, signal);
        // Devices that wrote to us and whose sessions are torn.
        const claim = await machine.getMissingSessions([]);
        return any ?? (claim === null ? null : await send(claim, signal));
      }),

    encrypt: (room, members, trust, type, content, signal) =>
      turn(signal, async () => {
        if (store.sessions.newest(room) !== today()) await rotate(room);
        const fault = await share(room, members, trust, true, signal);
        if (fault !== null) return fault;
        signal.throwIfAborted();
        const encrypted = await encrypt(room, type, content);
        store.sessions.used(room, encrypted.session, today());
        return encrypted;
      }),

    share: (room, members, trust, signal) =>
      turn(signal, async () => {
        const fault = await share(room, members, trust, false, signal);
        if (fault !== null) return fault;
        signal.throwIfAborted();
        // The engine tells its session by nothing but an event, so one is made that nobody gets.
        const session = current.get(room) ?? (await encrypt(room, "m.dummy", {})).session;
        return { session, from: opensFrom.get(room) ?? 0 };
      }),

    decrypt: (room, event) => turn(null, () => decrypt(machine, room, event)),

    rotate: (room) => turn(null, () => rotate(room)),

    trust: (signal) => turn(signal, () => deviceTrust(tools, signal)),

    sign: (seed, how, signal) => turn(signal, () => signDevice(tools, seed, how, signal)),

    shareHistory: (room, invited, since, signal) =>
      turn(signal, () => shareHistory(tools, store.sessions, room, invited, Math.floor(since / DAY), signal)),

    unsigned: (members) => turn(null, () => unsignedDevices(machine, members)),

    forget: (before) =>
      turn(null, async () => {
        const day = Math.floor(before / DAY);
        await store.forget(day * DAY, Math.min(day * DAY, o.clock.now() - RECEIVED_LAST));
        store.sessions.forget(day);
      }),

    close: () =>
      queue(async () => {
        if (closed) return;
        closed = true;
        endPanic();
        const broken = breakage.isBroken();
        if (!broken) machine.close();
        await store.close(broken);
      }),
  };
  return { ok: true, engine };
}

async function receive(machine: OlmMachine, sync: SyncForEngine): Promise<void> {
  const lists = () => new DeviceLists(machineUsers(sync.changed), machineUsers(sync.left));
  const fallback = sync.unusedFallbackKeys === null ? undefined : new Set(sync.unusedFallbackKeys);
  const counts = new Map(Object.entries(sync.oneTimeKeys ?? {}));
  const take = async (toDevice: readonly unknown[], devices: DeviceLists): Promise<void> => {
    const events = JSON.stringify(toDevice);
    if (sync.oneTimeKeys === null) await machine.receiveSyncChangesMsc4186(events, devices, counts, fallback);
    else await machine.receiveSyncChanges(events, devices, counts, fallback);
  };
  try {
    await take(sync.toDevice, lists());
  } catch (error) {
    if (isPanic(error)) throw error;
    // One that it cannot read must not keep the others, and every sync to come, from it.
    await take([], lists());
    for (const event of sync.toDevice)
      try {
        await take([event], new DeviceLists());
      } catch (error) {
        if (isPanic(error)) throw error;
      }
  }
}

async function decrypt(
  machine: OlmMachine,
  room: RoomId,
  event: unknown,
): Promise<{ readonly type: string; readonly content: unknown } | null> {
  try {
    const { event: clear } = await machine.decryptRoomEvent(
      JSON.stringify(event),
      new MachineRoom(room),
      new DecryptionSettings(TrustRequirement.Untrusted),
    );
    const { type, content } = Clear.parse(JSON.parse(clear));
    return { type, content };
  } catch (error) {
    if (isPanic(error)) throw error;
    return null;
  }
}
