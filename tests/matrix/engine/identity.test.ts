import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { DeviceId } from "../../../adapters/matrix/ids.ts";
import {
  BOT,
  EVERYBODY,
  encrypted,
  member,
  never,
  ROOM,
  reads,
  SECOND,
  STUDENT,
  sync,
} from "./engines.helper.ts";
import { keyServer } from "./key-server.helper.ts";

const seedOf = (name: string) => createHash("sha256").update(name).digest();
const withPassword = { password: "correct", replace: false };

test("a new account gets the identity of its recovery code, and its device is signed by it", async () => {
  const server = keyServer({ password: "correct" });
  const bot = await member(server, BOT);
  await sync(server, bot);
  expect(await bot.trust(never)).toBe("unsigned");

  expect(await bot.sign(seedOf("code"), withPassword, never)).toEqual({ kind: "signed" });

  expect(await bot.trust(never)).toBe("signed_by_owner");
  expect(await bot.sign(seedOf("code"), { password: null, replace: false }, never), "again").toEqual({
    kind: "signed",
  });
});

test("a lost store is no lost identity: a new device is signed by the code alone, without the password", async () => {
  const server = keyServer({ password: "correct" });
  const lost = await member(server, BOT);
  await sync(server, lost);
  await lost.sign(seedOf("code"), withPassword, never);
  const masterKeys = () => server.calls.filter((call) => call.path.endsWith("device_signing/upload")).length;
  expect(masterKeys()).toBe(1);

  const fresh = await member(server, BOT, { device: DeviceId.parse("NEW") });
  await sync(server, fresh);
  expect(await fresh.sign(seedOf("code"), { password: null, replace: false }, never)).toEqual({
    kind: "signed",
  });
  expect(masterKeys(), "the identity is not uploaded again").toBe(1);
  expect(await fresh.trust(never)).toBe("signed_by_owner");
});

test("another code's identity is replaced only where that is asked for, with the password", async () => {
  const server = keyServer({ password: "correct" });
  const bot = await member(server, BOT);
  await sync(server, bot);
  await bot.sign(seedOf("code"), withPassword, never);

  const other = seedOf("other");
  expect(await bot.sign(other, withPassword, never)).toEqual({ kind: "other_identity" });
  const replace = (password: string | null) => bot.sign(other, { password, replace: true }, never);
  expect(await replace(null)).toEqual({ kind: "password_needed" });
  expect(await replace("wrong")).toEqual({ kind: "password_needed" });
  expect(await replace("correct")).toEqual({ kind: "signed" });
});

test("with signed devices alone, a signed student reads and an unsigned one gets no key", async () => {
  const server = keyServer();
  const bot = await member(server, BOT);
  const signed = await member(server, STUDENT);
  const unsigned = await member(server, SECOND);
  for (const engine of [bot, signed, unsigned]) await sync(server, engine);
  await bot.sign(seedOf("bot"), withPassword, never);
  await signed.sign(seedOf("student"), withPassword, never);
  await sync(server, bot);

  const members = [BOT, STUDENT, SECOND];
  expect(await bot.flush(never)).toBeNull();
  const strict = { strict: true, shareHistory: false };
  const send = () => bot.encrypt(ROOM, members, strict, "m.room.message", { body: "тихо" }, never);
  const message = encrypted(await send());
  await sync(server, signed);
  await sync(server, unsigned);

  expect(await reads(signed, message)).toBe("тихо");
  expect(await reads(unsigned, message)).toBeNull();
  expect(await bot.unsigned(members), "and it is told how many get none").toBe(1);

  const clear = encrypted(
    await bot.encrypt(ROOM, members, EVERYBODY, "m.room.message", { body: "всем" }, never),
  );
  await sync(server, unsigned);
  expect(await reads(unsigned, clear), "under the other setting it gets one").toBe("всем");
});

test("with signed devices alone, an unsigned bot encrypts nothing", async () => {
  const server = keyServer();
  const bot = await member(server, BOT);
  const student = await member(server, STUDENT);
  await sync(server, bot);
  await sync(server, student);
  const strict = { strict: true, shareHistory: false };
  expect(await bot.encrypt(ROOM, [STUDENT], strict, "m.room.message", { body: "тихо" }, never)).toEqual({
    kind: "fault",
    code: "own_device_unsigned",
    at: null,
  });
});
