import { readdir } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeBackup } from "../../bridge/backup/backup.ts";
import { openBackup } from "../../bridge/backup/restore.ts";
import { systemDisk } from "../../bridge/disk.ts";
import { markInstance } from "../../bridge/instance.ts";
import { RoomName } from "../../bridge/model/ids.ts";
import { atomically } from "../../bridge/store/db.ts";
import { beginNewChains } from "../../cli/new-chains.ts";
import { roomCertify } from "../../cli/operations/keys.ts";
import {
  carry,
  coreOver,
  DAY,
  device,
  expectSameHead,
  gone,
  KEY,
  kindsOf,
  type Posted,
  pump,
  read,
  textsOf,
  told,
  world,
} from "./year.helper.ts";

const RENEWED = RoomName.parse("faculty");
const LEFT = RoomName.parse("second");
const ROOMS = [RENEWED, LEFT];
const HISTORY = 14;
const DAYS = 450;
const seedOf = (n: number): Uint8Array => new Uint8Array(32).fill(n);

/** The days on which something happens besides the channel's posts. */
const BACKED_UP = 200;
const RESTORED = 202;
const CERTIFIED = 385;
const CERTIFIED_LATE = 430;
/** The first day that a certificate of 400 days, made at nine in the morning of day 0, does not touch. */
const OVER = 401;

const letters = (n: number): string => [...String(n)].map((digit) => "абвгдежзик"[Number(digit)]).join("");

test(
  "450 days: day keys, nightly erasing, heads, retention, a restore, a certificate renewed and one left to run out; reader and bridge agree every day",
  async () => {
    const w = await world();
    onTestFinished(() => w.core.close());
    for (const [i, room] of ROOMS.entries())
      atomically(w.core.db, () => w.core.bridge.log.create(room, seedOf(i + 1)));
    await markInstance(w.core.db, w.core.config.data);
    const posts: Posted[] = [];
    const backup = path.join(w.folder, "backup");
    const state = (room: RoomName) => {
      const found = w.core.bridge.store.seal.get(room);
      if (found === null) throw new Error("no keys");
      return found;
    };
    const certify = async (room: RoomName, seed: number): Promise<void> => {
      const at = { core: w.core, live: null };
      const done = await roomCertify.run(at, { seed: seedOf(seed), rooms: [room], unheard: false });
      expect(done).toMatchObject({ kind: "certified", rooms: [room], serial: 2 });
    };
    const standing = (from = 0, to = DAYS): readonly string[] =>
      posts
        .filter((p) => !p.removed && (p.sealed ?? DAYS) >= from && (p.sealed ?? DAYS) <= to)
        .map((p) => p.text);

    await read(w);
    await carry(w);
    const daily = device(w, RENEWED);
    const weekly = device(w, RENEWED);
    const seldom = device(w, RENEWED);
    const left = device(w, LEFT);
    const first = daily.epoch;

    /** What the channel does on a day: three posts a week, an edit, now and then a removal. */
    const channel = async (day: number): Promise<void> => {
      const now = w.clock.now();
      const arrivals = [];
      const last = posts.at(-1);
      if ([1, 3, 5].includes(day % 7)) {
        const made = { n: day, text: `Объявление ${letters(day)}`, removed: false, at: now, sealed: day };
        posts.push(made);
        arrivals.push(told(made, "posted", now, ROOMS));
      }
      if (day % 7 === 5 && last !== undefined && !last.removed) {
        last.text += ", уточнено";
        arrivals.push(told(last, "edited", now, ROOMS));
      }
      const slip = posts.at(-3);
      if (day % 30 === 21 && slip !== undefined) {
        slip.removed = true;
        arrivals.push(gone(slip, now));
      }
      await read(w, ...arrivals);
    };

    /** A bare machine with the backup of two days ago. What was lost is told again as the source finds it. */
    const restore = async (): Promise<void> => {
      w.core.close();
      const data = path.join(w.folder, "data-restored");
      const opened = await openBackup(w.core.lib, systemDisk, backup, seedOf(2));
      if (!opened.ok) throw new Error(opened.code);
      expect(await opened.backup.unpack(data)).toBe("done");
      await opened.backup.finish(data);
      await opened.backup.close();
      w.core = await coreOver(w, w.config, data);
      const began: string[] = [];
      await beginNewChains(w.core, {
        signal: new AbortController().signal,
        rooms: ROOMS,
        patience: 0,
        witness: w.core.witness,
        unwitnessed: () => began.push("no witness"),
        began: (room) => began.push(room),
        waiting: () => {},
        halted: (room, why) => began.push(`${room} ${why}`),
      });
      expect(began.toSorted()).toEqual([...ROOMS].toSorted());
      const now = w.clock.now();
      const recent = posts.filter((p) => p.at > now - 7 * DAY);
      await read(w, ...recent.map((p) => (p.removed ? gone(p, now) : told(p, "snapshot", now, ROOMS))));
    };

    for (let day = 1; day <= DAYS; day++) {
      for (let hours = 0; hours < 24; hours += 4) {
        w.clock.advance(DAY / 6);
        if (hours < 20) await read(w);
      }
      if (day === RESTORED) await restore();
      await w.core.bridge.newDay();
      await channel(day);
      await pump(w);
      if (day === CERTIFIED) {
        await carry(w);
        expect(kindsOf(await daily.look())).toContain("certificate-expiring");
        await certify(RENEWED, 1);
      }
      if (day === CERTIFIED_LATE) {
        await certify(LEFT, 2);
        await pump(w);
      }
      await carry(w);
      if (day === BACKED_UP) {
        const { seal } = w.core.bridge.store;
        const { lib, db, config, bridge } = w.core;
        const roomFile = (room: RoomName, id: Uint8Array) => bridge.files.path(room, id);
        const rest = { disk: systemDisk, seal, dataFolder: config.data, roomFile, settings: null };
        const made = await makeBackup({ lib, db, vaultKey: KEY, file: backup, now: w.clock.now(), ...rest });
        expect(made).toMatchObject({ ok: true });
      }

      // The room that is looked after: every reader has all of it, and nothing is wrong.
      const expiring = day > 370 && day < CERTIFIED ? ["certificate-expiring"] : [];
      const restored = day >= RESTORED && day < RESTORED + 7 ? ["restored"] : [];
      const view = await daily.look();
      expect(textsOf(view), `day ${day}`).toEqual(standing());
      expect(kindsOf(view).toSorted(), `day ${day}`).toEqual(
        [...expiring, "history-begins", ...restored].toSorted(),
      );
      expectSameHead(w, RENEWED, daily);
      if (day % 7 === 0) expect(textsOf(await weekly.look()), `week of day ${day}`).toEqual(standing());
      if (day % 40 === 0) {
        const seen = await seldom.look();
        expect(textsOf(seen), `day ${day}`).toEqual(expect.arrayContaining([...standing(day - HISTORY)]));
        expectSameHead(w, RENEWED, seldom);
      }
      if (day % 30 === 0) {
        const late = device(w, RENEWED);
        expect(textsOf(await late.look()), `joined on day ${day}`).toEqual(standing(late.epoch - first));
        expect(kindsOf(await late.look()), `joined on day ${day}`).toEqual([...expiring, "history-begins"]);
      }

      // Keys, texts and records of days before the window are gone, whether or not the log may grow.
      for (const room of ROOMS)
        expect(state(room).keyEpoch, `${room} on day ${day}`).toBe(first + Math.max(0, day - HISTORY));
      const archived = w.core.db.prepare<[], number>("SELECT count(*) FROM archive_days").pluck().get();
      expect(archived).toBeLessThanOrEqual(HISTORY + 1);

      // The room that nobody renews: readers have all until its last day, then what waits, once it is certified.
      const over = day >= OVER && day < CERTIFIED_LATE;
      expect(w.core.bridge.log.writable(LEFT)).toBe(over ? "certificate_over" : "yes");
      if (day < 360 && day % 10 !== 0) continue;
      const leftView = await left.look();
      expect(kindsOf(leftView).includes("certificate-expired"), `day ${day}`).toBe(over);
      expect(kindsOf(leftView).includes("certificate-expiring"), `day ${day}`).toBe(day > 370 && day < OVER);
      if (!over) expect(textsOf(leftView), `day ${day}`).toEqual(standing());
      else
        expect(textsOf(leftView).length, `day ${day}`).toBeGreaterThanOrEqual(
          standing(0, OVER - 1).length - 1,
        );
      expectSameHead(w, LEFT, left);
    }

    expect(state(RENEWED)).toMatchObject({ serial: 2, restart: 0 });
    expect(state(LEFT)).toMatchObject({ serial: 2, restart: 0 });
    for (const room of ROOMS) {
      const id = Buffer.from(state(room).roomId).toString("hex");
      const chains = await readdir(path.join(w.feed, id, "s"));
      expect(chains).toEqual(["2.0"]);
      expect((await readdir(path.join(w.feed, id, "s", "2.0"))).length).toBeLessThanOrEqual(4);
    }
  },
  4 * 60_000,
);
