import type { DeviceId, RoomId, UserId } from "./ids.ts";

/** How keys are shared in a room. `strict`: with devices alone that their owners have signed. */
export interface RoomTrust {
  readonly strict: boolean;
  /** Whether those invited later may be given the keys of what was posted before (`history` > 0, MSC4268). */
  readonly shareHistory: boolean;
}

/** What a sync brings for the engine, in the server's own words. */
export interface SyncForEngine {
  readonly toDevice: readonly unknown[];
  readonly changed: readonly UserId[];
  readonly left: readonly UserId[];
  /** null: the sync did not say. One that names no count for an algorithm says that none are left. */
  readonly oneTimeKeys: Readonly<Record<string, number>> | null;
  readonly unusedFallbackKeys: readonly string[] | null;
}

/** An event encrypted for a room: the whole content of `m.room.encrypted`, to be stored and sent as it is. */
export interface Encrypted {
  readonly content: string;
  /** The Megolm session that it was encrypted with. */
  readonly session: string;
}

/** The key of a room as those who are in it hold it. */
export interface Shared {
  /** The session. Another than an event was encrypted with: somebody left since then, or that one is too old. */
  readonly session: string;
  /** An event of an index below this one is not opened by devices that got the key since. As far as it is known. */
  readonly from: number;
}

/** Why something could not be encrypted now. No content leaves in any of these cases. */
export type EngineFault =
  /** Keys could not be asked for or shared: try again, not before `at` (ms UTC) where the server names a time. */
  { readonly kind: "fault"; readonly code: string; readonly at: number | null };

export type DeviceTrust =
  | "signed_by_owner"
  /** No cross-signing identity yet, or this device is not signed by it. */
  | "unsigned";

/** What came of signing this device with the identity of a recovery code. */
export type Signing =
  /** The server has the identity, and this device signed by it. */
  | { readonly kind: "signed" }
  /** The server wants the account's password first, or the one that was given is not it. */
  | { readonly kind: "password_needed" }
  /** The server wants something that only a browser can do. */
  | { readonly kind: "unsupported_auth" }
  /** The account has another identity. Replacing it makes everybody verify the account anew. */
  | { readonly kind: "other_identity" }
  | EngineFault;

/**
 * The end-to-end encryption of one account's device. All calls are served one after another, so callers need no lock.
 * A panic of the wasm engine, and a write of its store that fails, end in {@link Engine.broken}: then nothing works any
 * more and the process must end. Calls under way and later ones reject with the same error.
 */
export interface Engine {
  readonly user: UserId;
  readonly device: DeviceId;
  /** Takes what a sync brought. Durable when it resolves: only then may the sync's place be stored. */
  receive(sync: SyncForEngine): Promise<void>;
  /**
   * Sends what the engine wants to send (keys, queries, to-device messages); call after each sync. What failed is kept
   * for the next time; the first fault is told.
   */
  flush(signal: AbortSignal): Promise<EngineFault | null>;
  /**
   * Shares the room's key with every device of `members` that lacks it, then encrypts. Durable when it resolves. Each
   * day (UTC) has a session of its own, so that the keys of a day can be given to those who come later.
   */
  encrypt(
    room: RoomId,
    members: readonly UserId[],
    trust: RoomTrust,
    type: string,
    content: unknown,
    signal: AbortSignal,
  ): Promise<Encrypted | EngineFault>;
  /** Shares the current session with devices that lack it, before what is fixed is sent, and tells how it stands. */
  share(
    room: RoomId,
    members: readonly UserId[],
    trust: RoomTrust,
    signal: AbortSignal,
  ): Promise<Shared | EngineFault>;
  /** An event of a room in clear; null: it does not open (yet). */
  decrypt(room: RoomId, event: unknown): Promise<{ readonly type: string; readonly content: unknown } | null>;
  /** From the next event on a new session is used: somebody left. Durable when it resolves. */
  rotate(room: RoomId): Promise<void>;
  /** Whether this device is signed by its owner's identity, as the server has it. */
  trust(signal: AbortSignal): Promise<DeviceTrust | EngineFault>;
  /**
   * Gives the account the identity of a recovery code, if it has none, and signs this device with it. `seed`: the 32
   * bytes of the code (bridge/seal/recovery.ts), from which alone the identity is made, so that the code restores it
   * when all else is lost. `replace`: takes the place of another identity. Safe to repeat.
   */
  sign(
    seed: Uint8Array,
    o: { readonly password: string | null; readonly replace: boolean },
    signal: AbortSignal,
  ): Promise<Signing>;
  /**
   * MSC4268: gives the invited the keys of what was posted in the room since `since` (ms; from the beginning of its
   * day, UTC), in sessions that may be shared. Call before the invitation is sent. `none`: there are none.
   */
  shareHistory(
    room: RoomId,
    invited: UserId,
    since: number,
    signal: AbortSignal,
  ): Promise<"shared" | "none" | EngineFault>;
  /** How many devices of `members` their owners have not signed: a strict room gives them no key. As last heard. */
  unsigned(members: readonly UserId[]): Promise<number>;
  /**
   * Forgets the keys of what this device sent on days (UTC) before the one of `before` (ms): who takes the machine
   * later opens nothing older, and nobody can be given it. Keys of others go after a month. Call once a day.
   */
  forget(before: number): Promise<void>;
  /** Rejects with an `EngineBroken` when the engine broke; never resolves. */
  readonly broken: Promise<never>;
  /** Waits for the call that is under way. */
  close(): Promise<void>;
}
