import path from "node:path";
import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { z } from "zod";
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
  // Who has the file, and no key, does not see when anybody came: only keys have a date, a day.
  const db = new Database(store.file);
  const dated = db
    .prepare("SELECT DISTINCT stores.name, born FROM records JOIN stores ON stores.id = store")
    .all();
  db.close();
  const days = dated.filter((row) => z.object({ born: z.number() }).parse(row).born !== 0);
  expect(days.length).toBeGreaterThan(0);
  for (const day of days) expect(day).toEqual({ name: "inbound_group_sessions3", born: expect.any(Number) });
  for (const day of days) expect(z.object({ born: z.number() }).parse(day).born % DAY).toBe(0);
  const again = await member(server, BOT, store);
  expect(await open(again)).toEqual([null, "новое", "помощь"]);

  clock.advance(31 * DAY);
  await again.forget(clock.now());
  expect(await open(again)).toEqual([null, null, null]);
  expect(await reads(student, old), "who was there reads on").toBe("старое");
});
