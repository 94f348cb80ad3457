import { expect, test } from "vitest";
import { ciphertext } from "../../adapters/matrix/fixed.ts";
import { DeviceId } from "../../adapters/matrix/ids.ts";
import { lookBack } from "../../adapters/matrix/look-back.ts";
import { HandClock } from "../hand-clock.helper.ts";
import { BOT, lost, PLACE, StandInServer } from "./homeserver.helper.ts";

const never = new AbortController().signal;
const HOUR = 3_600_000;
const content = (n: number) =>
  ciphertext(
    JSON.stringify({ algorithm: "m.megolm.v1.aes-sha2", ciphertext: `AAAA${n}`, session_id: "session" }),
  );

/** A room that got an event an hour, numbered from 0. */
async function room(hours: number) {
  const clock = new HandClock();
  const server = new StandInServer(clock);
  for (let n = 0; n < hours; n++) {
    const path = `/_matrix/client/v3/rooms/${encodeURIComponent(PLACE)}/send/m.room.encrypted/txn${n}`;
    await server.call({ method: "PUT", path, body: content(n) }, never);
    clock.advance(HOUR);
  }
  server.calls.length = 0;
  const sought = (...ns: readonly number[]) =>
    ns.map((n) => ({ transaction: `txn${n}`, content: content(n) }));
  const where = (since: number) => ({ room: PLACE, user: BOT, since });
  return { clock, server, sought, where };
}

test("what is sought is found however much came after it, by what the server still knows of it", async () => {
  const r = await room(40);
  const at = r.clock.now() - 35 * HOUR;
  for (const forgets of [false, true]) {
    if (forgets) {
      r.server.forgetTransactions();
      r.server.device = DeviceId.parse("OTHER");
    }
    const found = await lookBack(r.server, r.where(at), r.sought(6, 99, 5), never);
    expect(found).toEqual({
      kind: "ok",
      value: new Map([
        [0, "$event7"],
        [2, "$event6"],
      ]),
    });
  }
});

test("it is read no further back than the time that matters, and no further than to what is sought", async () => {
  const r = await room(100);
  const pages = async (since: number, ...ns: readonly number[]) => {
    r.server.calls.length = 0;
    await lookBack(r.server, r.where(since), r.sought(...ns), never);
    return r.server.calls.length;
  };
  expect(await pages(0, 98)).toBe(1);
  // A day more than asked for, since clocks differ: of 100 events 30, three a page.
  expect(await pages(r.clock.now() - 6 * HOUR, 999)).toBe(11);
});

test("an end that is no end is told: what was not read may be there", async () => {
  const r = await room(40);
  let n = 0;
  r.server.trouble = () => (++n === 3 ? { instead: lost } : null);
  const found = await lookBack(r.server, r.where(0), r.sought(1), never);
  expect(found).toMatchObject({ kind: "fault", code: "cut" });
});
