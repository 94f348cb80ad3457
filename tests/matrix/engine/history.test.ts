import { createHash } from "node:crypto";
import {
  DecryptionSettings,
  DeviceLists,
  DeviceId as MachineDevice,
  RoomId as MachineRoom,
  UserId as MachineUser,
  OlmMachine,
  TrustRequirement,
} from "@matrix-org/matrix-sdk-crypto-wasm";
import { expect, onTestFinished, test } from "vitest";
import { flush } from "../../../adapters/matrix/engine/outgoing.ts";
import { createSender } from "../../../adapters/matrix/engine/requests.ts";
import { signDevice } from "../../../adapters/matrix/engine/sign.ts";
import type { Encrypted } from "../../../adapters/matrix/engine.ts";
import { DeviceId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";
import { HandClock } from "../../hand-clock.helper.ts";
import { BOT, encrypted, member, never, ROOM, SECOND, STUDENT, sync } from "./engines.helper.ts";
import { type KeyServer, keyServer } from "./key-server.helper.ts";

const DAY = 86_400_000;
const seedOf = (name: string) => createHash("sha256").update(name).digest();
const password = { password: null, replace: false };

/** The engine's library alone, as a client that takes in bundles uses it. */
async function lateJoiner(server: KeyServer) {
  const device = DeviceId.parse("LATE");
  const machine = await OlmMachine.initialize(new MachineUser(SECOND), new MachineDevice(device));
  onTestFinished(() => machine.close());
  const api = server.api(SECOND, device);
  const send = createSender(machine, api, systemClock);
  const sync = async () => {
    const { toDevice, changed, oneTimeKeys } = server.sync(SECOND, device);
    await machine.receiveSyncChanges(
      JSON.stringify(toDevice),
      new DeviceLists(changed.map((user) => new MachineUser(user))),
      new Map(Object.entries(oneTimeKeys ?? {})),
      undefined,
      new DecryptionSettings(TrustRequirement.Untrusted),
    );
    await flush(machine, send, never);
  };
  await sync();
  const tools = { machine, send, api, clock: systemClock, user: SECOND };
  expect(await signDevice(tools, seedOf("late"), password, never)).toEqual({ kind: "signed" });
  return {
    sync,
    /** Takes in the bundle that came with the invitation. False: there was none. */
    async accept(): Promise<boolean> {
      await sync();
      await send(machine.queryKeysForUsers([new MachineUser(BOT)]), never);
      const data = await machine.getReceivedRoomKeyBundleData(new MachineRoom(ROOM), new MachineUser(BOT));
      const bytes = data === undefined ? undefined : server.uploads.get(data.url);
      if (data === undefined || bytes === undefined) return false;
      await machine.receiveRoomKeyBundle(data, bytes);
      return true;
    },
    async reads(message: Encrypted): Promise<boolean> {
      const event = {
        type: "m.room.encrypted",
        event_id: `$${message.session}`,
        room_id: ROOM,
        sender: BOT,
        origin_server_ts: 1,
        content: JSON.parse(message.content),
      };
      const settings = new DecryptionSettings(TrustRequirement.Untrusted);
      return await machine
        .decryptRoomEvent(JSON.stringify(event), new MachineRoom(ROOM), settings)
        .then(() => true)
        .catch(() => false);
    },
  };
}

const shared = (shareHistory: boolean) => ({ strict: false, shareHistory });

async function botAndStudent(server: KeyServer) {
  const clock = new HandClock();
  const bot = await member(server, BOT, { clock });
  const student = await member(server, STUDENT);
  await sync(server, bot);
  await sync(server, student);
  const say = async (trust = shared(true)) =>
    encrypted(await bot.encrypt(ROOM, [BOT, STUDENT], trust, "m.room.message", { body: "текст" }, never));
  return { bot, say, clock };
}

test("who is invited late reads the days of the window, and nothing older", async () => {
  const server = keyServer();
  const { bot, say, clock } = await botAndStudent(server);
  await bot.sign(seedOf("bot"), password, never);
  const start = clock.now();
  const old = await say();
  clock.advance(3 * DAY);
  const recent = await say();
  clock.advance(DAY);
  const today = await say();
  const joiner = await lateJoiner(server);

  expect(await bot.shareHistory(ROOM, SECOND, start + 2 * DAY, never)).toBe("shared");
  expect(await joiner.accept()).toBe(true);

  expect(await joiner.reads(today)).toBe(true);
  expect(await joiner.reads(recent)).toBe(true);
  expect(await joiner.reads(old)).toBe(false);
  expect(new Set([old.session, recent.session, today.session]).size, "a session for each day").toBe(3);
  const everything = JSON.stringify(server.calls) + Buffer.concat([...server.uploads.values()]).toString();
  expect(everything).not.toContain("session_key");
});

test("a room that shares no history gives its keys to nobody who comes later", async () => {
  const server = keyServer();
  const { bot, say } = await botAndStudent(server);
  await bot.sign(seedOf("bot"), password, never);
  const message = await say(shared(false));
  const joiner = await lateJoiner(server);

  expect(await bot.shareHistory(ROOM, SECOND, 0, never)).toBe("none");
  expect(await joiner.accept()).toBe(false);
  expect(await joiner.reads(message)).toBe(false);
  expect(server.uploads.size).toBe(0);
});

test("a bot whose own device is unsigned says so instead of sending keys that count for nothing", async () => {
  const server = keyServer();
  const { bot, say } = await botAndStudent(server);
  await say();
  await lateJoiner(server);
  expect(await bot.shareHistory(ROOM, SECOND, 0, never)).toEqual({
    kind: "fault",
    code: "own_device_unsigned",
    at: null,
  });
});
