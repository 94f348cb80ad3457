import path from "node:path";
import { expect, test } from "vitest";
import { BOT, folder, indexOf, member, ROOM, reads, STUDENT, say, sync } from "./engines.helper.ts";
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
