import type { RoomFlaw } from "../../adapters/matrix/room-check.ts";
import type { Held } from "../../adapters/matrix/room-watch.ts";
import type { CodeWords } from "./shape-code.ts";

/** Why something with a Matrix server came to nothing. */
export const matrixFaults = [
  // The server's own
  "M_FORBIDDEN",
  "M_UNKNOWN_TOKEN",
  "M_USER_DEACTIVATED",
  "M_USER_LOCKED",
  "M_LIMIT_EXCEEDED",
  "M_NOT_FOUND",
  "M_UNSUPPORTED_ROOM_VERSION",
  "M_CONSENT_NOT_GIVEN",
  "M_RESOURCE_LIMIT_EXCEEDED",
  // No answer to go by
  "timeout",
  "unreachable",
  "tls",
  "proxy",
  "cut",
  "server_error",
  "not_matrix",
  "bad_answer",
  // Logging in
  "wrong_password",
  "too_old",
  "no_password_login",
  "guest",
  "no_device",
  "device_in_use",
  "other_user",
  "unsupported_auth",
  // Rooms and people
  "lost_room",
  "already_there",
  "not_invited",
  "replaced",
  "no_history",
  "no_keys",
  // The engine's store
  "store_missing",
  "store_wrong_passphrase",
  "store_damaged",
  "store_in_use",
  "store_disk",
  "store_other_device",
  // The account
  "no_session",
  "logged_out",
  "deactivated",
  // The bridge that runs
  "no_account",
  "no_room",
  "no_room_there",
  "was_sealed",
  "not_started",
] as const;
/** Those that a new login mends. */
export const loginMends: readonly MatrixFault[] = [
  "M_UNKNOWN_TOKEN",
  "store_missing",
  "store_wrong_passphrase",
  "store_damaged",
  "store_other_device",
  "logged_out",
];
export type MatrixFault = (typeof matrixFaults)[number];

/** How a recovery code is called for an account, where that differs from a room. */
type AccountCode = Pick<
  CodeWords,
  "which" | "fresh" | "reuse" | "typeCode" | "showing" | "notWritten" | "failed" | "cancelled"
>;

/** Matrix: accounts, rooms on servers, invitations, the direct chat. */
export interface MatrixWords {
  readonly help: {
    readonly matrix: string;
    readonly login: string;
    readonly account: string;
    readonly newCode: string;
    readonly logout: string;
    readonly forgetIdentity: string;
    readonly invite: string;
    readonly user: string;
    readonly chat: string;
    readonly chatUser: string;
    readonly chatAccount: string;
    readonly end: string;
    readonly adopt: string;
    readonly anew: string;
  };
  readonly yes: string;
  readonly no: string;
  readonly noAccounts: string;
  readonly whichAccount: (names: readonly string[]) => string;
  readonly unknownAccount: (name: string, nearest: string | null, known: readonly string[]) => string;
  readonly badUser: (written: string) => string;
  readonly noLogin: (account: string) => string;
  /** It was logged in, and has to be again. */
  readonly lost: (account: string, why: string) => string;
  readonly noRoom: (room: string) => string;
  /** The room is a Matrix room, or is none, and the command is for the other kind. */
  readonly isMatrix: (room: string) => string;
  readonly isSealed: (room: string) => string;
  /** The room of that name was sealed before, and has keys and a log. */
  readonly wasSealed: (room: string) => string;
  /** An option for Matrix rooms alone, with a sealed one. */
  readonly notSealed: (option: string) => string;
  readonly faults: Readonly<Record<MatrixFault, string>>;
  readonly otherFault: (code: string) => string;
  readonly login: {
    readonly needsTerminal: string;
    readonly intro: (account: string) => string;
    readonly again: (user: string) => string;
    readonly lost: (user: string, why: string) => string;
    readonly newCode: string;
    readonly goOn: string;
    readonly how: string;
    readonly byPassword: string;
    readonly byToken: string;
    readonly user: string;
    readonly password: string;
    readonly passwordAgain: string;
    readonly token: string;
    readonly empty: string;
    readonly codeIntro: (account: string) => string;
    readonly code: AccountCode;
    readonly cancelled: string;
    readonly failed: (why: string) => string;
    readonly done: (user: string) => string;
    readonly unsigned: (why: string) => string;
    readonly passwordNeeded: string;
    readonly otherIdentity: string;
    readonly otherCode: string;
    readonly replaceIt: string;
    readonly leaveIt: string;
    /** The device is not confirmed, by the person's own choice. */
    readonly unsignedYet: string;
    readonly oldLeft: (name: string) => string;
    readonly next: (rooms: readonly string[]) => string;
  };
  readonly logout: {
    readonly means: (account: string) => string;
    readonly meansForgotten: string;
    readonly sure: string;
    readonly needsYes: string;
    readonly none: (account: string) => string;
    readonly failed: (account: string, why: string) => string;
    readonly done: (account: string, user: string) => string;
    readonly forgotten: string;
  };
  readonly room: {
    readonly made: (room: string) => string;
    readonly adopted: (room: string) => string;
    readonly exists: (room: string) => string;
    readonly inside: (room: string) => string;
    readonly failed: (room: string, why: string) => string;
    readonly unsafe: (room: string) => string;
    readonly flaw: (text: string) => string;
    readonly badAddress: string;
  };
  readonly flaws: Readonly<Record<RoomFlaw, string>>;
  /** Why nothing is sent to a room, besides its flaws. */
  readonly held: Readonly<Record<Exclude<Held, RoomFlaw>, string>>;
  readonly invite: {
    readonly done: (user: string, room: string) => string;
    readonly already: (user: string, room: string) => string;
    readonly failed: (user: string, why: string) => string;
    readonly history: (days: number) => string;
    readonly digest: (days: number) => string;
    readonly keysFailed: (why: string) => string;
    readonly strict: string;
  };
  readonly chat: {
    readonly opened: (user: string) => string;
    readonly ended: (user: string) => string;
    readonly none: (user: string) => string;
    readonly failed: (why: string) => string;
  };
  readonly status: {
    readonly accounts: string;
    readonly out: string;
    readonly lost: string;
    readonly read: (ago: string) => string;
    readonly notRead: string;
    readonly resting: string;
    readonly trouble: (why: string) => string;
    readonly signed: string;
    readonly unsigned: string;
    readonly noRoom: string;
    readonly strict: string;
    readonly unread: (devices: number) => string;
    readonly held: string;
  };
  readonly check: {
    readonly title: string;
    readonly noLogin: (account: string) => string;
    readonly lost: (account: string) => string;
    readonly failed: (account: string, why: string) => string;
    readonly again: (account: string, why: string) => string;
    readonly loggedIn: (account: string) => string;
    readonly signed: (account: string) => string;
    readonly unsigned: (account: string) => string;
    readonly largest: (account: string, size: string) => string;
    readonly noRoom: (room: string) => string;
    readonly roomFine: (room: string) => string;
    readonly roomFailed: (room: string, why: string) => string;
    readonly flaw: (room: string, text: string) => string;
    readonly strict: (room: string) => string;
    readonly unread: (room: string, devices: number) => string;
  };
}
