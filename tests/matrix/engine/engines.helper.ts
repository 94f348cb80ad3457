import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { z } from "zod";
import { type EngineOptions, openEngine } from "../../../adapters/matrix/engine/open.ts";
import type { Encrypted, Engine, EngineFault, RoomTrust } from "../../../adapters/matrix/engine.ts";
import { DeviceId, RoomId, UserId } from "../../../adapters/matrix/ids.ts";
import { systemClock } from "../../../bridge/clock.ts";
import type { KeyServer } from "./key-server.helper.ts";

export const ROOM = RoomId.parse("!room:server");
export const EVERYBODY: RoomTrust = { strict: false, shareHistory: false };
export const never = new AbortController().signal;

export const BOT = UserId.parse("@bot:server");
export const STUDENT = UserId.parse("@student:server");
export const SECOND = UserId.parse("@second:server");

/** A folder that goes when the test ends. */
export async function folder(): Promise<string> {
  const made = await mkdtemp(path.join(tmpdir(), "postern-matrix-"));
  onTestFinished(() => rm(made, { recursive: true, force: true }));
  return made;
}

/** A member's engine: alive until the test ends. In memory where no file is named. */
export async function member(
  server: KeyServer,
  user: UserId,
  o: Partial<Omit<EngineOptions, "store">> & { readonly file?: string; readonly passphrase?: string } = {},
): Promise<Engine> {
  const device = o.device ?? DeviceId.parse(`${user.slice(1, 4).toUpperCase()}1`);
  const opened = await openEngine({
    user,
    device,
    api: o.api ?? server.api(user, device),
    clock: o.clock ?? systemClock,
    store: {
      file: o.file ?? null,
      passphrase: o.passphrase ?? randomBytes(32).toString("base64"),
      create: true,
    },
  });
  if (!opened.ok) throw new Error(opened.problem);
  const { engine } = opened;
  onTestFinished(() => engine.close());
  return engine;
}

/** A sync, and what follows from it. */
export async function sync(server: KeyServer, engine: Engine): Promise<void> {
  await engine.receive(server.sync(engine.user, engine.device));
  await engine.flush(never);
}

const Message = z.object({ ciphertext: z.string(), session_id: z.string() });

export function encrypted(result: Encrypted | EngineFault): Encrypted {
  if ("kind" in result) throw new Error(`not encrypted: ${result.code}`);
  return result;
}

/** Says `text` in the room. */
export const say = async (engine: Engine, members: readonly UserId[], text: string): Promise<Encrypted> =>
  encrypted(
    await engine.encrypt(
      ROOM,
      members,
      EVERYBODY,
      "m.room.message",
      { msgtype: "m.text", body: text },
      never,
    ),
  );

let events = 0;

/** What a member reads of a message; null: nothing. */
export async function reads(engine: Engine, message: Encrypted, sender: UserId = BOT): Promise<unknown> {
  const event = {
    type: "m.room.encrypted",
    event_id: `$${++events}`,
    room_id: ROOM,
    sender,
    origin_server_ts: events,
    content: JSON.parse(message.content),
  };
  const clear = await engine.decrypt(ROOM, event);
  return clear === null ? null : z.object({ body: z.unknown() }).parse(clear.content).body;
}

/** The index in its session that a message was encrypted at: `03 08 <varint>` begins a Megolm message. */
export function indexOf(message: Encrypted): number {
  const bytes = Buffer.from(Message.parse(JSON.parse(message.content)).ciphertext, "base64");
  if (bytes[0] !== 3 || bytes[1] !== 8) throw new Error("no Megolm message");
  let value = 0;
  for (let i = 2, shift = 0; ; i++, shift += 7) {
    const byte = bytes[i] ?? 0;
    value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value;
  }
}
