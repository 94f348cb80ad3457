import {
  CollectStrategy,
  EncryptionSettings,
  HistoryVisibility,
  RoomId as MachineRoom,
  UserId as MachineUser,
  type OlmMachine,
  type ToDeviceRequest,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import type { EngineFault, RoomTrust } from "../engine.ts";
import type { RoomId, UserId } from "../ids.ts";
import { isPanic } from "./broken.ts";
import { flush } from "./outgoing.ts";
import type { Sender } from "./requests.ts";

/** The limits of one session, whatever a room's state asks for: the specification's own. */
const MESSAGES = 100n;
const MICROSECONDS = 7n * 24n * 3600n * 1_000_000n;

/** What needs a device that its owner has signed, and this one is not. */
export const UNSIGNED: EngineFault = { kind: "fault", code: "own_device_unsigned", at: null };

/** Ids as the engine takes them; each can be handed in once. One that it does not take has no keys either. */
export const machineUsers = (users: readonly UserId[]): MachineUser[] =>
  users.flatMap((user) => {
    try {
      return [new MachineUser(user)];
    } catch (error) {
      if (isPanic(error)) throw error;
      return [];
    }
  });

function settingsOf(trust: RoomTrust): EncryptionSettings {
  const settings = new EncryptionSettings();
  settings.rotationPeriodMessages = MESSAGES;
  settings.rotationPeriod = MICROSECONDS;
  settings.historyVisibility = trust.shareHistory ? HistoryVisibility.Shared : HistoryVisibility.Joined;
  settings.sharingStrategy = trust.strict
    ? CollectStrategy.identityBasedStrategy()
    : CollectStrategy.allDevices();
  return settings;
}

/** Makes the devices of `users` known, and has a session for messages to each of them. */
export async function reach(
  machine: OlmMachine,
  send: Sender,
  users: readonly UserId[],
  signal: AbortSignal,
): Promise<EngineFault | null> {
  await machine.updateTrackedUsers(machineUsers(users));
  const { needed } = await flush(machine, send, signal);
  if (needed !== null) return needed;
  const claim = await machine.getMissingSessions(machineUsers(users));
  return claim === null ? null : await send(claim, signal);
}

/**
 * Shares the room's session with all devices of `members` that lack it, which are known and reached; makes a new one
 * where there is none, its limits are reached or somebody left. Asked before each event: it alone knows whether
 * something changed, and encrypting with a session that has expired would make the engine panic.
 */
export async function giveKey(
  machine: OlmMachine,
  send: Sender,
  room: RoomId,
  members: readonly UserId[],
  trust: RoomTrust,
  signal: AbortSignal,
): Promise<EngineFault | null> {
  const requests = async (): Promise<readonly ToDeviceRequest[] | EngineFault> => {
    try {
      return await machine.shareRoomKey(new MachineRoom(room), machineUsers(members), settingsOf(trust));
    } catch (error) {
      // With devices alone that are signed it refuses to share from one that is not.
      if (isPanic(error) || !trust.strict) throw error;
      return UNSIGNED;
    }
  };
  // What was not sent it gives again the next time.
  return await sendAll(send, await requests(), signal);
}

/** Stops at the first that fails. */
export async function sendAll(
  send: Sender,
  requests: readonly ToDeviceRequest[] | EngineFault,
  signal: AbortSignal,
): Promise<EngineFault | null> {
  if ("kind" in requests) return requests;
  for (const request of requests) {
    const fault = await send(request, signal);
    if (fault !== null) return fault;
  }
  return null;
}

/** Devices of `users` that their owners have not signed, without this one. */
export async function unsignedDevices(machine: OlmMachine, users: readonly UserId[]): Promise<number> {
  const own = machine.deviceId.toString();
  let found = 0;
  for (const user of machineUsers(users)) {
    const isSelf = user.toString() === machine.userId.toString();
    for (const device of (await machine.getUserDevices(user)).devices())
      if (!device.isCrossSignedByOwner() && !(isSelf && device.deviceId.toString() === own)) found++;
  }
  return found;
}
