import type { AccountName, BotName, MappingName, Millis, RoomName, SourceName } from "../bridge/model/ids.ts";
import type { SourceStop, SourceTrouble } from "../bridge/model/source.ts";
import type { Lasting } from "../bridge/notices/port.ts";
import type { Config, Lang } from "../config/config.ts";
import type { Io } from "./io.ts";

/** What the commands need of the bridge, and no more. They reach a running one, or open the store when none runs. */
export interface BridgeCommands {
  /** Whether there is a database; without one no room has keys and nothing was read. */
  readonly exists: boolean;
  readonly rooms: RoomKeys;
  /** Every Matrix account and room, looked at; its servers are asked, and nothing is changed there. */
  matrix(): Promise<MatrixLook>;
  /** What flows, what waits, what failed. Reads only. */
  status(): Promise<BridgeStatus>;
  /** Lets the store (or the socket) go. */
  close(): Promise<void>;
}

/** The keys of sealed rooms. */
export interface RoomKeys {
  /** null: `room init` has not been run for it. */
  state(room: RoomName): Promise<RoomState | null>;
  /**
   * Makes the room: root pair from `seed` (32 bytes, not kept), salt, online pair with its certificate, first day's
   * key. `unserved`: made, but the bridge that runs does not know the room yet. `exists`: it has keys already and
   * nothing was changed.
   */
  init(room: RoomName, seed: Uint8Array): Promise<"made" | "unserved" | "exists">;
  /**
   * The join link: from the oldest day kept, or from today. `page`: where readers open the page, with a closing
   * slash. null: the room has no keys yet.
   */
  link(room: RoomName, page: string, options: { readonly fromToday: boolean }): Promise<string | null>;
  /** When a room's head was made, ms UTC; null when `bytes` are no head that this room's keys signed. */
  headMade(room: RoomName, bytes: Uint8Array): Promise<Millis | null>;
}

export interface RoomState {
  /** 32 lower-case hex digits: the folder under each origin. */
  readonly roomId: string;
  readonly certificateEnds: Millis;
}

/** What was seen of Matrix accounts and rooms by asking their servers. */
export interface MatrixLook {
  readonly accounts: readonly AccountLook[];
  readonly rooms: readonly RoomLook[];
}

export interface AccountLook {
  readonly name: AccountName;
  /** Why it cannot be used, or what its server answered, a code; null: it is logged in and the server answers. */
  readonly trouble: string | null;
  /** Whether its device is confirmed by its owner; null: not known. */
  readonly signed: boolean | null;
  /** The largest file that its server takes, bytes; null: no limit is known. */
  readonly largest: number | null;
}

export interface RoomLook {
  readonly name: RoomName;
  /** Why it could not be looked at, a code; null: it could. */
  readonly trouble: string | null;
  readonly flaws: readonly { readonly flaw: string; readonly unsafe: boolean }[];
  /** Whether keys go to confirmed devices alone. */
  readonly strict: boolean;
  /** Devices of members that got no keys when they were last given out; null: not known. */
  readonly unread: number | null;
}

export interface BridgeStatus {
  /** Whether a bridge runs on this database now. */
  readonly running: boolean;
  readonly sources: readonly SourceStatus[];
  readonly rooms: readonly RoomStatus[];
  /** Matrix accounts. */
  readonly accounts: readonly AccountStatus[];
  /** Telegram bots. */
  readonly bots: readonly BotStatus[];
  /** Posts so far that no mapping wanted. */
  readonly unmatched: number;
  /** What the rep was told of and lasts; of a bridge that does not run nothing is known. */
  readonly troubles: readonly Lasting[];
}

export interface SourceStatus {
  readonly name: SourceName;
  /** When it was last read, ms UTC; null: never. */
  readonly lastRead: Millis | null;
  /** What keeps it from being read; null: nothing. */
  readonly trouble: SourceTrouble | SourceStop | null;
}

export interface AccountStatus {
  readonly name: AccountName;
  /** `out`: nobody logged in, or the server logged it out. `lost`: its keys are not on this machine. */
  readonly state: "in" | "out" | "lost";
  /** When all that its server had was heard last, ms UTC; null: not since the start, or no bridge runs. */
  readonly heard: Millis | null;
  /** What keeps it from hearing, a code; null: nothing. */
  readonly trouble: string | null;
  /** Whether its device is confirmed by its owner; null: not known. */
  readonly confirmed: boolean | null;
}

export interface BotStatus {
  readonly name: BotName;
  /** When Telegram was heard last, ms UTC; null: not since the start, or no bridge runs. */
  readonly heard: Millis | null;
  /** What keeps it from hearing, a code; null: nothing. */
  readonly trouble: string | null;
  /** Until when Telegram asked it to wait, ms UTC; null: it did not. */
  readonly limited: Millis | null;
}

export interface RoomStatus {
  readonly name: RoomName;
  /** Whether `room init` has been run for it. */
  readonly keys: boolean;
  /** What only a Matrix room has; null: it is another. */
  readonly matrix: MatrixRoomStatus | null;
  /** What only a Telegram room has; null: it is another. */
  readonly telegram: TelegramRoomStatus | null;
  /** Deliveries in the lane. */
  readonly queued: number;
  /** The first in the lane; null: the lane is empty. */
  readonly head: LaneHead | null;
  /** Dead letters: refused for good. */
  readonly dead: number;
}

export interface MatrixRoomStatus {
  /** Why nothing is sent to it, a code; null: nothing is in the way, as far as is known. */
  readonly held: string | null;
  /** Whether keys go to confirmed devices alone. */
  readonly strict: boolean;
  /** Devices of members that got no keys when they were last given out; null: not known. */
  readonly unread: number | null;
}

export interface TelegramRoomStatus {
  readonly bot: BotName;
  /** Why nothing is sent to it, a code; null: nothing is in the way, as far as is known. */
  readonly held: string | null;
  /** Whether it is asked whether something arrived. */
  readonly unsure: boolean;
}

export interface LaneHead {
  /** When it was accepted. */
  readonly since: Millis;
  readonly mapping: MappingName | null;
  /** Failed tries. */
  readonly attempts: number;
  /** The next try, or the slot it waits for; null: now. */
  readonly due: Millis | null;
}

/** Why the store could not be opened. `file` (or variable) where the trouble is. */
export interface OpenProblem {
  readonly code:
    | "key_file_missing"
    | "key_file_unreadable"
    | "key_file_open_to_others"
    | "key_malformed"
    | "key_inside_data"
    | "key_lost"
    | "key_not_made"
    | "passphrase_missing"
    | "witness_unreadable"
    | "wrong_key"
    | "in_use"
    | "newer_database"
    | "upgrade_failed"
    | "unreadable"
    // Of a bridge that runs: it did not answer, it is of another version, it has a bug (`where` names it).
    | "no_answer"
    | "other_version"
    | "bridge_fault";
  readonly where: string;
}

export type OpenedBridge =
  | { readonly ok: true; readonly bridge: BridgeCommands }
  | { readonly ok: false; readonly problem: OpenProblem };

export interface OpenOptions {
  readonly io: Io;
  readonly lang: Lang;
  /** Whether the vault's key and the database may be made now; else nothing is, and `exists` is false. */
  readonly make: boolean;
}

/** Opens what the commands need. Faults are values; it asks for a passphrase where the configuration says so. */
export type OpenBridge = (config: Config, options: OpenOptions) => Promise<OpenedBridge>;
