import type sodium from "libsodium-wrappers";
import type { Failpoints } from "../failpoint.ts";
import type { AnnouncementId, Millis, RoomName } from "../model/ids.ts";
import type { Halt, LogRow, SealState, SealStore } from "../store/seal.ts";
import { type Cert, makeCert, readCert } from "./cert.ts";
import { fitPayload } from "./fit.ts";
import { makeHead } from "./head.ts";
import { infoPayload, type SealedRoomInfo } from "./info.ts";
import { backupPair, dayKey, epochOf, nextDay, onlinePair, roomId, rootPair } from "./keys.ts";
import { encodePayload, type Payload } from "./payload.ts";
import { recordHash, sealRecord } from "./record.ts";

export interface RoomLogOptions {
  readonly lib: typeof sodium;
  readonly store: SealStore;
  readonly now: () => Millis;
  /** The newest time any source has told (its Date header), ms; null when none ever answered. */
  readonly sourceTime: () => Millis | null;
  readonly info: (room: RoomName) => SealedRoomInfo | null;
  readonly failpoints: Failpoints;
}

/** A certificate's life, seconds. */
const CERTIFIED_FOR = 400 * 86_400;
const RECORDS_A_SEGMENT = 16;
/** From so long before a certificate's end on readers are warned, ms. */
const ENDS_SOON = 30 * 86_400_000;
const DAY = 86_400;
/** How far outside a certificate's validity readers still take what it signed, seconds. */
const GRACE = 2 * DAY;
/** The highest restart of one serial. */
export const LAST_RESTART = 255;

/** Whether a room's log may grow; else why not: its certificate has ended (or not begun), or {@link Halt}. */
export type Writable = "yes" | "certificate_over" | Halt;

/**
 * The append-only logs of the sealed rooms. Every method that writes must be called inside one transaction;
 * none of them waits for anything.
 */
export function createRoomLog(o: RoomLogOptions) {
  const { lib, store } = o;
  const read = new Map<string, Cert>();

  /** Today, never further than one day past the source's own date: a wrong clock must not burn keys. */
  const today = (): number => {
    const own = epochOf(Math.floor(o.now() / 1000));
    const told = o.sourceTime();
    return told === null ? own : Math.min(own, epochOf(Math.floor(told / 1000)) + 1);
  };

  const need = (room: RoomName): SealState => {
    const state = store.get(room);
    if (state === null) throw new Error(`the sealed room ${room} has no keys`);
    return state;
  };

  /** The day that the next record takes: it never falls, and never lies before the oldest key. */
  const dayOf = (state: SealState): number => Math.max(state.epoch, state.keyEpoch, today());

  /** The certificate in force. */
  const certOf = (state: SealState): Cert => {
    const name = `${Buffer.from(state.rootPk).toString("hex")}/${state.serial}`;
    const known = read.get(name);
    if (known !== undefined) return known;
    const bytes = store.certs(state.rootPk).find((c) => c.serial === state.serial)?.cert;
    const cert =
      bytes === undefined ? null : readCert(lib, new Uint8Array(bytes), new Uint8Array(state.rootPk));
    if (cert === null) throw new Error("a sealed room without its certificate");
    read.set(name, cert);
    return cert;
  };

  /** What is sealed outside its certificate's days no reader would take, and what follows it would not link back. */
  const writable = (state: SealState): Writable => {
    if (state.halted !== null) return state.halted;
    const { notBefore, notAfter } = certOf(state);
    const epoch = dayOf(state);
    return epoch * DAY <= notAfter && (epoch + 1) * DAY > notBefore - GRACE ? "yes" : "certificate_over";
  };

  const onlineOf = (state: SealState): Uint8Array => {
    const online = store.online(state.rootPk, state.serial);
    if (online === null) throw new Error("the certificate in force has no online key here");
    return online;
  };

  /** Seals one payload as the next record and moves the state on. */
  const seal = (
    state: SealState,
    epoch: number,
    payload: Payload,
    online: Uint8Array,
  ): { state: SealState; row: LogRow } => {
    const t = Math.max(state.lastT, Math.floor(o.now() / 1000));
    const record = sealRecord(lib, {
      serial: state.serial,
      restart: state.restart,
      roomId: state.roomId,
      epoch,
      seq: state.nextSeq,
      prev: state.prev,
      key: dayKey(lib, state.key, state.keyEpoch, epoch),
      onlineSecret: online,
      json: encodePayload(fitPayload({ ...payload, t })),
    });
    const row = { serial: state.serial, restart: state.restart, seq: state.nextSeq, epoch, record };
    store.append(state.room, row);
    return {
      row,
      state: { ...state, nextSeq: state.nextSeq + 1, prev: recordHash(lib, record), epoch, lastT: t },
    };
  };

  /** Puts an `info` first where one is due: in a new chain, on a new day, and when the room's words changed. */
  const upToDate = (state: SealState): SealState => {
    const info = o.info(state.room);
    if (info === null || writable(state) !== "yes") return state;
    const epoch = dayOf(state);
    const hash = lib.crypto_generichash(16, JSON.stringify(info), null);
    const same = state.infoHash !== null && Buffer.from(state.infoHash).equals(hash);
    if (state.nextSeq > 0 && epoch === state.epoch && same) return state;
    const payload = infoPayload(state, store.chains(state.room), info);
    return { ...seal(state, epoch, payload, onlineOf(state)).state, infoHash: hash };
  };

  const closed = (room: RoomName, at: { readonly serial: number; readonly restart: number }) =>
    store.chains(room).filter((row) => row.serial === at.serial && row.restart === at.restart);

  /** Closes the open chain and begins another, without a record yet. */
  const begin = (state: SealState, serial: number, restart: number): SealState => {
    for (const row of closed(state.room, state))
      store.putChain(state.room, {
        ...row,
        first: state.firstSeq,
        last: state.nextSeq - 1,
        hash: state.nextSeq === 0 ? null : state.prev,
      });
    const firstEpoch = dayOf(state);
    store.putChain(state.room, { serial, restart, first: 0, firstEpoch, last: null, hash: null });
    return { ...state, serial, restart, nextSeq: 0, firstSeq: 0 };
  };

  /** Makes an online pair and the root's certificate for it. */
  const certify = (root: ReturnType<typeof rootPair>, serial: number): void => {
    const online = onlinePair(lib);
    const notBefore = Math.floor(o.now() / 1000);
    const cert = makeCert(lib, {
      rootSecret: root.privateKey,
      serial,
      onlinePk: online.publicKey,
      notBefore,
      notAfter: notBefore + CERTIFIED_FOR,
    });
    store.insertCert(root.publicKey, serial, cert, online.privateKey);
  };

  /** Whether a certificate lasts long enough to begin a room with. */
  const lasts = (bytes: Uint8Array, rootPk: Uint8Array): boolean => {
    const cert = readCert(lib, new Uint8Array(bytes), rootPk);
    return cert !== null && cert.notAfter * 1000 > o.now() + ENDS_SOON;
  };

  return {
    today,

    writable: (room: RoomName): Writable => writable(need(room)),

    /** When the certificate in force ends, ms. */
    certificateEnds: (room: RoomName): Millis => certOf(need(room)).notAfter * 1000,

    /**
     * Makes a room's keys and its first record. `rootSeed` is 32 bytes; a root that certified an online key on
     * this machine before lends it to the new room, unless its certificate ends soon.
     */
    create(room: RoomName, rootSeed: Uint8Array): void {
      const root = rootPair(lib, rootSeed);
      const known = store.certs(root.publicKey).at(-1);
      let serial = known?.serial ?? 1;
      const usable = known !== undefined && store.online(root.publicKey, known.serial) !== null;
      if (!usable || !lasts(known.cert, root.publicKey)) {
        serial = (known?.serial ?? 0) + 1;
        certify(root, serial);
      }
      store.putBackup(root.publicKey, backupPair(lib, rootSeed).publicKey);
      const salt = lib.randombytes_buf(8);
      const epoch = today();
      const state: SealState = {
        room,
        rootPk: root.publicKey,
        salt,
        roomId: roomId(lib, root.publicKey, salt),
        serial,
        restart: 0,
        nextSeq: 0,
        firstSeq: 0,
        prev: new Uint8Array(32),
        epoch,
        lastT: 0,
        keyEpoch: epoch,
        key: lib.randombytes_buf(32),
        infoHash: null,
        keyFrom: null,
        halted: null,
      };
      store.insert(state);
      store.putChain(room, { serial, restart: 0, first: 0, firstEpoch: epoch, last: null, hash: null });
      store.update(upToDate(state));
    },

    /**
     * Appends a record (and an `info` before it where one is due). TX 2 of a sealed room. Throws where the log is not
     * {@link Writable}.
     */
    append(
      room: RoomName,
      payload: Payload,
      announcement: AnnouncementId,
    ): { key: string; bytes: Uint8Array } {
      const before = need(room);
      const may = writable(before);
      if (may !== "yes") throw new Error(`a log that may not grow: ${may}`);
      const state = upToDate(before);
      const epoch = dayOf(state);
      const sealed = seal(state, epoch, payload, onlineOf(state));
      store.update(sealed.state);
      if (payload.k === "retract") store.dropFiles(room, announcement);
      else store.stampFiles(room, announcement, epoch);
      const { serial, restart, seq, record } = sealed.row;
      return { key: `${serial}.${restart}.${seq}`, bytes: record };
    },

    /**
     * The nightly step, also on quiet days and where the log may not grow: the day's `info`, and the erasing of keys,
     * records and files older than the room's window. Returns whether anything changed.
     */
    newDay(room: RoomName): boolean {
      const before = need(room);
      let state = upToDate(before);
      const info = o.info(room);
      const oldest = dayOf(state) - (info?.history ?? 0);
      o.failpoints("day.inside");
      if (oldest > state.keyEpoch) {
        let key = state.key;
        for (let e = state.keyEpoch; e < oldest; e++) key = nextDay(lib, key);
        state = { ...state, key, keyEpoch: oldest };
      }
      for (const chain of store.kept(room)) {
        const open = chain.serial === state.serial && chain.restart === state.restart;
        const last = store.lastBefore(room, chain.serial, chain.restart, oldest);
        if (last === null) continue;
        const whole = !open && last >= chain.last;
        const first = whole ? last + 1 : Math.floor((last + 1) / RECORDS_A_SEGMENT) * RECORDS_A_SEGMENT;
        store.trim(room, chain.serial, chain.restart, first);
        if (open) state = { ...state, firstSeq: Math.max(state.firstSeq, first) };
        // Readers ask for closed chains from the first that is kept.
        else for (const row of closed(room, chain)) store.putChain(room, { ...row, first });
      }
      store.dropFilesBefore(room, oldest);
      store.update(state);
      return state.nextSeq !== before.nextSeq || state.keyEpoch !== before.keyEpoch;
    },

    /**
     * Begins a new chain under the same certificate, with a `restart` of at least `atLeast`; its first record is an
     * `info`. False when restarts are used up: nothing is changed, and only a new certificate helps.
     */
    restart(room: RoomName, atLeast: number): boolean {
      const state = need(room);
      const restart = Math.max(state.restart + 1, atLeast);
      if (restart > LAST_RESTART) return false;
      store.update(upToDate(begin(state, state.serial, restart)));
      return true;
    },

    /** A new chain with a new key: who holds an older link reads what was before it and nothing after. As restart. */
    rekey(room: RoomName, atLeast: number): boolean {
      const state = need(room);
      const restart = Math.max(state.restart + 1, atLeast);
      if (restart > LAST_RESTART) return false;
      const epoch = dayOf(state);
      const keyed = {
        key: lib.randombytes_buf(32),
        keyEpoch: epoch,
        keyFrom: { serial: state.serial, restart },
      };
      store.update(upToDate({ ...begin(state, state.serial, restart), ...keyed }));
      return true;
    },

    /**
     * Puts rooms of one root under a new certificate of `serial`, which must be above all that anybody knows. Its
     * chain begins with an `info`; a halted room goes on. A serial that is known, or another root's seed, is a bug.
     */
    certify(rooms: readonly RoomName[], rootSeed: Uint8Array, serial: number): void {
      const root = rootPair(lib, rootSeed);
      certify(root, serial);
      store.putBackup(root.publicKey, backupPair(lib, rootSeed).publicKey);
      for (const room of rooms) {
        const state = need(room);
        if (!lib.memcmp(new Uint8Array(state.rootPk), root.publicKey))
          throw new Error("a room of another root");
        store.update(upToDate({ ...begin(state, serial, 0), halted: null }));
      }
      store.forgetOnline(root.publicKey);
    },

    /** Nothing is written to the room's log any more until it is certified anew. */
    halt(room: RoomName, why: Halt): void {
      store.update({ ...need(room), halted: why });
    },

    /**
     * The signed head of a room as it stands now; null before its first record, and where no reader would take one.
     * `seen`: when the source was last read, unix seconds. `state`: as it was just read, where it was.
     */
    head(room: RoomName, seen: number, state = need(room)): Uint8Array | null {
      // A clock that was set back must not let it fall: readers compare heads by it.
      const made = Math.max(state.lastT, Math.floor(o.now() / 1000));
      if (state.nextSeq === 0 || state.halted !== null || made > certOf(state).notAfter + GRACE) return null;
      return makeHead(lib, {
        serial: state.serial,
        restart: state.restart,
        roomId: state.roomId,
        seq: state.nextSeq - 1,
        hash: state.prev,
        first: state.firstSeq,
        made,
        seen,
        onlineSecret: onlineOf(state),
      });
    },
  };
}
export type RoomLog = ReturnType<typeof createRoomLog>;
