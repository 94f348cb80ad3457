import type { BackupFault } from "../../bridge/backup/backup.ts";

/** What the commands say that look after keys: backup and restore, certificates, new keys, the page's own bytes. */
export interface KeyWords {
  readonly help: {
    readonly backup: string;
    readonly backupFile: string;
    readonly restore: string;
    readonly restoreFile: string;
    readonly rekey: string;
    readonly certify: string;
    readonly certifyRoom: string;
    readonly all: string;
    readonly vault: string;
    readonly rotate: string;
    readonly verify: string;
    readonly verifyUrl: string;
    readonly codeStdin: string;
    readonly yes: string;
  };
  readonly code: {
    /** `room` null: of any room. */
    readonly type: (room: string | null) => string;
    readonly needsTerminal: string;
    readonly cancelled: string;
  };
  readonly backup: {
    readonly done: (file: string, size: string) => string;
    /** `groups`: rooms of one code each. `accounts`: of Matrix, each with a code of its own. */
    readonly opens: (groups: readonly (readonly string[])[], accounts: readonly string[]) => string;
    readonly closed: (rooms: readonly string[]) => string;
    readonly keep: string;
    readonly noDatabase: string;
    readonly faults: Readonly<Record<BackupFault, (file: string) => string>>;
  };
  readonly restore: {
    readonly missing: (file: string) => string;
    readonly notABackup: (file: string) => string;
    readonly wrongCode: string;
    readonly damaged: (file: string) => string;
    readonly newer: string;
    readonly noSettings: (file: string) => string;
    readonly settingsWritten: (file: string) => string;
    readonly settingsFailed: (file: string) => string;
    readonly notEmpty: (folder: string) => string;
    readonly locked: (folder: string) => string;
    readonly keyDiffers: (file: string) => string;
    readonly keyInEnvironment: string;
    readonly noSalt: string;
    readonly wrongPassphrase: string;
    readonly noSpace: (folder: string) => string;
    readonly unwritable: (folder: string) => string;
    readonly keyFailed: (file: string) => string;
    readonly done: (folder: string, made: string, rooms: readonly string[]) => string;
    readonly keyWritten: (file: string) => string;
    readonly next: Readonly<Record<"sealed" | "matrix" | "mixed", string>>;
    /** Matrix accounts take a new device each. */
    readonly accounts: (names: readonly string[]) => string;
  };
  readonly certify: {
    readonly which: (rooms: readonly string[]) => string;
    readonly noKeys: string;
    readonly otherRoot: (rooms: readonly string[]) => string;
    readonly noneOfIt: string;
    readonly unheard: (rooms: readonly string[]) => string;
    readonly goOn: string;
    readonly unheardScript: string;
    readonly usedUp: string;
    readonly done: (rooms: readonly string[], ends: string) => string;
    readonly renewal: string;
    readonly left: (rooms: readonly string[]) => string;
  };
  readonly rekey: {
    readonly sure: (room: string) => string;
    readonly needsYes: string;
    readonly certificate: (room: string) => string;
    readonly done: (room: string) => string;
  };
  readonly rotate: {
    readonly locked: (folder: string) => string;
    readonly noDatabase: string;
    readonly environment: string;
    readonly passphrase: string;
    readonly unwritable: (file: string) => string;
    readonly noSpace: string;
    readonly broken: string;
    readonly done: (file: string) => string;
    readonly donePassphrase: string;
    readonly finished: string;
    readonly backups: string;
  };
  readonly verify: {
    readonly badUrl: string;
    readonly same: (url: string) => string;
    readonly different: (url: string) => string;
    readonly workerDiffers: (url: string) => string;
    readonly hashes: (sha256: string, blake2b: string) => string;
    readonly theirs: (sha256: string, blake2b: string) => string;
    readonly others: string;
    readonly status: (url: string, status: number) => string;
    readonly fault: (url: string, fault: "unreachable" | "timeout" | "tls" | "redirect") => string;
    readonly unbuilt: string;
  };
  readonly yes: string;
  readonly no: string;
}
