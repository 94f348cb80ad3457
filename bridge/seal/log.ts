import type sodium from "libsodium-wrappers";
import type { Failpoints } from "../failpoint.ts";
import type { AnnouncementId, Millis, RoomName } from "../model/ids.ts";
import type { LogRow, SealState, SealStore } from "../store/seal.ts";
import { makeCert, readCert } from "./cert.ts";
import { fitPayload } from "./fit.ts";
import { makeHead } from "./head.ts";
import { dayKey, epochOf, nextDay, onlinePair, roomId, rootPair } from "./keys.ts";
import { encodePayload, type Payload } from "./payload.ts";
import { recordHash, sealRecord } from "./record.ts";

/** What a room says of itself in its `info` records. */
export interface SealedRoomInfo {
  readonly title: string;
  readonly zone: string;
  readonly lang: "ru" | "en";
  /** Days. */
  readonly history: number;
  readonly origins: readonly string[];
  readonly chat?: string;
  readonly text?: string;
}

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

/**
 * The append-only logs of the sealed rooms. Every method that writes must be called inside one transaction;
 * none of them waits for anything.
 */
export function createRoomLog(o: RoomLogOptions) {
  const { lib, store } = o;

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

  const infoPayload = (state: SealState, info: SealedRoomInfo): Payload => {
    const chains = store.chains(state.room);
    // The newest closed chain that has a record: `prev` hashes its last one.
    const before = chains.filter((c) => c.last !== null && c.last >= 0).at(-1);
    return {
      v: 1,
      t: 0,
      k: "info",
      title: info.title,
      zone: info.zone,
      lang: info.lang,
      history: info.history,
      origins: [...info.origins],
      chains: chains.map((c) => ({
        serial: c.serial,
        restart: c.restart,
        first: c.serial === state.serial && c.restart === state.restart ? state.firstSeq : c.first,
        ...(c.last === null ? {} : { last: c.last }),
        ...(c.hash === null || c.last === null || c.last < 0
          ? {}
          : { hash: Buffer.from(c.hash).toString("base64url") }),
      })),
      ...(state.nextSeq === 0 && before !== undefined && before.last !== null
        ? { after: { serial: before.serial, restart: before.restart, seq: before.last } }
        : {}),
      ...(info.chat === undefined ? {} : { chat: info.chat }),
      ...(info.text === undefined ? {} : { text: info.text }),
    };
  };

  const onlineOf = (state: SealState): Uint8Array => {
    const online = store.online(state.rootPk, state.serial);
    if (online === null) throw new Error("the certificate in force has no online key here");
    return online;
  };

  /** Puts an `info` first where one is due: in a new chain, on a new day, and when the room's words changed. */
  const upToDate = (state: SealState): SealState => {
    const info = o.info(state.room);
    if (info === null) return state;
    const epoch = Math.max(state.epoch, today());
    const hash = lib.crypto_generichash(16, JSON.stringify(info), null);
    const same = state.infoHash !== null && Buffer.from(state.infoHash).equals(hash);
    if (state.nextSeq > 0 && epoch === state.epoch && same) return state;
    const sealed = seal(state, epoch, infoPayload(state, info), onlineOf(state));
    return { ...sealed.state, infoHash: hash };
  };

  const closed = (room: RoomName, at: { readonly serial: number; readonly restart: number }) =>
    store.chains(room).filter((row) => row.serial === at.serial && row.restart === at.restart);

  /** Whether a certificate lasts long enough to begin a room with. */
  const lasts = (bytes: Uint8Array, rootPk: Uint8Array): boolean => {
    const cert = readCert(lib, new Uint8Array(bytes), rootPk);
    return cert !== null && cert.notAfter * 1000 > o.now() + ENDS_SOON;
  };

  return {
    today,

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
        const online = onlinePair(lib);
        const from = Math.floor(o.now() / 1000);
        serial = (known?.serial ?? 0) + 1;
        const cert = makeCert(lib, {
          rootSecret: root.privateKey,
          serial,
          onlinePk: online.publicKey,
          notBefore: from,
          notAfter: from + CERTIFIED_FOR,
        });
        store.insertCert(root.publicKey, serial, cert, online.privateKey);
      }
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
      };
      store.insert(state);
      store.putChain(room, { serial, restart: 0, first: 0, firstEpoch: epoch, last: null, hash: null });
      store.update(upToDate(state));
    },

    /** Appends a record (and an `info` before it where one is due). TX 2 of a sealed room. */
    append(
      room: RoomName,
      payload: Payload,
      announcement: AnnouncementId,
    ): { key: string; bytes: Uint8Array } {
      const state = upToDate(need(room));
      const epoch = Math.max(state.epoch, today());
      const sealed = seal(state, epoch, payload, onlineOf(state));
      store.update(sealed.state);
      if (payload.k === "retract") store.dropFiles(room, announcement);
      else store.stampFiles(room, announcement, epoch);
      const { serial, restart, seq, record } = sealed.row;
      return { key: `${serial}.${restart}.${seq}`, bytes: record };
    },

    /**
     * The nightly step, also on quiet days: the day's `info`, and the erasing of keys, records and files older
     * than the room's window. Returns whether anything changed.
     */
    newDay(room: RoomName): boolean {
      const before = need(room);
      let state = upToDate(before);
      const info = o.info(room);
      const oldest = state.epoch - (info?.history ?? 0);
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

    /** Begins a new chain under the same certificate; its first record is an `info`. False when restarts are used up. */
    restart(room: RoomName, atLeast: number): boolean {
      const state = need(room);
      const restart = Math.max(state.restart + 1, atLeast);
      if (restart > 255) return false;
      const chains = store.chains(room);
      const current = chains.find((c) => c.serial === state.serial && c.restart === state.restart);
      if (current !== undefined)
        store.putChain(room, {
          ...current,
          first: state.firstSeq,
          last: state.nextSeq - 1,
          hash: state.nextSeq === 0 ? null : state.prev,
        });
      const epoch = Math.max(state.epoch, today());
      store.putChain(room, {
        serial: state.serial,
        restart,
        first: 0,
        firstEpoch: epoch,
        last: null,
        hash: null,
      });
      store.update(upToDate({ ...state, restart, nextSeq: 0, firstSeq: 0 }));
      return true;
    },

    /** The signed head of a room as it stands now. `seen`: when the source was last read, unix seconds. */
    head(room: RoomName, seen: number): Uint8Array | null {
      const state = need(room);
      if (state.nextSeq === 0) return null;
      return makeHead(lib, {
        serial: state.serial,
        restart: state.restart,
        roomId: state.roomId,
        seq: state.nextSeq - 1,
        hash: state.prev,
        first: state.firstSeq,
        // A clock that was set back must not let it fall: readers compare heads by it.
        made: Math.max(state.lastT, Math.floor(o.now() / 1000)),
        seen,
        onlineSecret: onlineOf(state),
      });
    },
  };
}
