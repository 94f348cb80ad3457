import path from "node:path";
import { expect, test } from "vitest";
import type { Engine } from "../../../adapters/matrix/engine.ts";
import { DeviceId } from "../../../adapters/matrix/ids.ts";
import {
  BOT,
  folder,
  indexOf,
  member,
  never,
  ROOM,
  reads,
  SECOND,
  STUDENT,
  say,
  sync,
} from "./engines.helper.ts";
import { keyServer } from "./key-server.helper.ts";

test("a member reads what the bot encrypts, and each message has an index of its own", async () => {
  const server = keyServer();
  const bot = await member(server, BOT);
  const student = await member(server, STUDENT);
  await sync(server, student);
  await sync(server, bot);

  const first = await say(bot, [BOT, STUDENT], "Экзамен перенесён");
  const second = await say(bot, [BOT, STUDENT], "на 12 января");
  await sync(server, student);

  expect(await reads(student, first)).toBe("Экзамен перенесён");
  expect(await reads(student, second)).toBe("на 12 января");
  expect([indexOf(first), indexOf(second)]).toEqual([0, 1]);
  expect(first.content).not.toContain("Экзамен");
});

test("a request for a key is answered for who was given it, and for nobody else", async () => {
  const server = keyServer();
  const [bot, student] = [await member(server, BOT), await member(server, STUDENT)];
  await sync(server, student);
  await sync(server, bot);
  const message = await say(bot, [BOT, STUDENT], "Экзамен");
  const phone = await member(server, STUDENT, { device: DeviceId.parse("PHONE") });
  const stranger = await member(server, SECOND);
  for (const one of [phone, stranger]) await sync(server, one);
  await sync(server, bot);
  // Devices that came since are given the key from here on, and so are known.
  await say(bot, [BOT, STUDENT, SECOND], "Дальше");

  const asks = async (who: Engine) => {
    const given = server.calls.length;
    const body = { algorithm: "m.megolm.v1.aes-sha2", room_id: ROOM, session_id: message.session };
    await bot.receive({
      toDevice: [
        {
          type: "m.room_key_request",
          sender: who.user,
          content: { action: "request", body, request_id: who.device, requesting_device_id: who.device },
        },
      ],
      changed: [],
      left: [],
      oneTimeKeys: null,
      unusedFallbackKeys: null,
    });
    await bot.flush(never);
    await sync(server, who);
    return server.calls.slice(given).filter((c) => c.user === BOT && c.path.includes("m.room.encrypted"))
      .length;
  };
  expect(await asks(student), "it was given the key").toBe(1);
  expect(await reads(student, message)).toBe("Экзамен");
  for (const one of [phone, stranger]) {
    await asks(one);
    expect(await reads(one, message), "what was said before it came stays closed").toBeNull();
  }
});

test("after a restart the same device goes on in the same session", async () => {
  const server = keyServer();
  const file = path.join(await folder(), "store.db");
  const passphrase = "a passphrase made by a machine";
  const student = await member(server, STUDENT);
  await sync(server, student);
  const before = await member(server, BOT, { file, passphrase });
  await sync(server, before);
  const first = await say(before, [BOT, STUDENT], "до");
  await before.close();

  const after = await member(server, BOT, { file, passphrase });
  const second = await say(after, [BOT, STUDENT], "после");
  await sync(server, student);

  expect(await reads(student, first)).toBe("до");
  expect(await reads(student, second)).toBe("после");
  expect(second.session).toBe(first.session);
  expect(indexOf(second)).toBe(1);
  expect(await reads(after, first), "its own message of before").toBe("до");
  expect(ROOM).toBeDefined();
});
