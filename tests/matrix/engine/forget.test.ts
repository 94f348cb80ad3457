import path from "node:path";
import { expect, test } from "vitest";
import { HandClock } from "../../hand-clock.helper.ts";
import { BOT, folder, member, reads, STUDENT, say, sync } from "./engines.helper.ts";
import { keyServer } from "./key-server.helper.ts";

const DAY = 86_400_000;

test("keys of days that are over are forgotten, on the disk too; those of others stay for a month", async () => {
  const server = keyServer();
  const clock = new HandClock();
  const store = { file: path.join(await folder(), "store.db"), passphrase: "made by a machine", clock };
  const bot = await member(server, BOT, store);
  const student = await member(server, STUDENT);
  await sync(server, student);
  await sync(server, bot);
  const old = await say(bot, [BOT, STUDENT], "старое");
  await sync(server, student);
  const question = await say(student, [BOT, STUDENT], "помощь");
  await sync(server, bot);
  expect(await reads(bot, question, STUDENT)).toBe("помощь");
  clock.advance(3 * DAY);
  const recent = await say(bot, [BOT, STUDENT], "новое");
  expect(await reads(bot, old)).toBe("старое");

  await bot.forget(clock.now() - DAY);
  const open = async (engine: typeof bot) => [
    await reads(engine, old),
    await reads(engine, recent),
    await reads(engine, question, STUDENT),
  ];
  expect(await open(bot)).toEqual([null, "новое", "помощь"]);
  await bot.close();
  const again = await member(server, BOT, store);
  expect(await open(again)).toEqual([null, "новое", "помощь"]);

  clock.advance(31 * DAY);
  await again.forget(clock.now());
  expect(await open(again)).toEqual([null, null, null]);
  expect(await reads(student, old), "who was there reads on").toBe("старое");
});
