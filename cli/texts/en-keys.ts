import { call } from "./call.ts";
import type { KeyWords } from "./shape-keys.ts";

const named = (rooms: readonly string[]): string => rooms.map((room) => `"${room}"`).join(", ");
const START = `Check, then start: ${call("check")} and ${call("run")}.`;
const faults = {
  unreachable: "does not answer",
  timeout: "did not answer within 10 seconds",
  tls: "shows a certificate that no browser will trust",
  redirect: "redirects elsewhere; name the address at which the page really lies",
};

/** Keys and backups, in English. */
export const keys: KeyWords = {
  yes: "Yes",
  no: "No",
  help: {
    backup: "write a backup that only the recovery code opens",
    backupFile: "a file that does not exist yet",
    restore: "bring everything back from a backup, on a machine with an empty data folder",
    restoreFile: "the backup",
    rekey: "give a room a new key; all its readers need the new link",
    certify: "renew a room's certificate with the recovery code; links stay valid",
    certifyRoom: "the room's name; not needed with --all or where there is one room",
    all: "all rooms of this recovery code",
    vault: "the vault that seals the data folder",
    rotate: "change the vault's key; the bridge must be stopped",
    verify: "compare the page at an address with this version's own",
    verifyUrl: "the page's address",
    codeStdin: "for scripts: read the recovery code from standard input",
    yes: "for scripts: do not ask",
  },
  code: {
    type: (room) =>
      room === null
        ? "Recovery code, 24 words with spaces between"
        : `Recovery code of the room "${room}", 24 words with spaces between`,
    needsTerminal:
      "The recovery code is typed in a terminal window, and this is none. Nothing was done. Run the command in a terminal; for scripts there is --code-stdin.",
    cancelled: "Cancelled. Nothing was done.",
  },
  backup: {
    done: (file, size) => `Backup written and read back: ${file} (${size}, only you can read it).`,
    opens: (groups, accounts) => {
      const codes = [...groups.map(named), ...accounts.map((name) => `the Matrix account "${name}"`)];
      return codes.length === 1
        ? `The recovery code of ${codes[0]} opens it.`
        : `Any one of these recovery codes opens all of it: that of ${codes.join("; that of ")}.`;
    },
    closed: (rooms) =>
      `The recovery code of ${named(rooms)} does not open it: an older version made these keys. Renew once, and later backups open with it: ${call("room certify")}`,
    keep: "Keep it away from this machine. Nobody opens it without a recovery code, you neither. It holds the vault's key, the settings with what secrets stand in them, and what the rooms have within their history. How to restore: docs/backup.md.",
    noDatabase: "There is no database yet, so there is nothing to back up.",
    faults: {
      exists: (file) => `${file} exists already and was not touched. Name another file.`,
      no_rooms: () => "No room has keys yet, so there is nothing to back up and nothing to seal it to.",
      no_code: () =>
        `There is nothing to seal a backup to: an older version made the rooms' keys. Renew once with the recovery code, then back up: ${call("room certify --all")}`,
      no_space: () =>
        "There is not enough room on the disk. While a backup is made the data folder needs room for one more copy of the database, and the backup's place for about as much as the whole data folder. No file was left behind. Free some; where the backup's place is too small, name a file on another disk.",
      unwritable: (file) =>
        `${file} cannot be written. Check that its folder exists and that the bridge may write there (as a service it may write to its own folders only). No file was left behind.`,
      damaged: () =>
        "The database is damaged, so the backup would be too. No file was written. Keep the older backups; the bridge may not run for much longer. Check the disk.",
      not_verified: (file) =>
        `What was read back from the disk of ${file} is not what was written. The file was removed. Check the disk or use another.`,
    },
  },
  restore: {
    missing: (file) => `The backup ${file} does not exist or cannot be read. Nothing was written.`,
    notABackup: (file) =>
      `${file} is no backup of Postern, or its beginning is damaged. Nothing was written.`,
    wrongCode:
      "This recovery code does not open this backup. Nothing was written. Any recovery code of a room that had keys when it was made opens it; or the file is damaged.",
    damaged: (file) =>
      `The backup ${file} is damaged. What was unpacked was removed again. Take another copy of it, or an older backup.`,
    newer: "A newer version of Postern made this backup. Nothing was written. Update the program.",
    noSettings: (file) =>
      `There are no settings: ${file} does not exist and the backup holds none. Nothing was written. Write them first (postern.example.yaml).`,
    settingsWritten: (file) =>
      `Settings written to ${file}, as they were. Tokens and keys that stood in other files or in the environment must be put there again.`,
    settingsFailed: (file) => `The settings cannot be written to ${file}. Nothing else was done.`,
    notEmpty: (folder) =>
      `The data folder ${folder} is not empty. Nothing was written. Put it aside first, for example: mv ${folder} ${folder}-old`,
    locked: (folder) => `A bridge runs on ${folder}. Nothing was written. Stop it first.`,
    keyDiffers: (file) =>
      `In ${file} there is another vault key than the backup's. Nothing was written. Put that file aside, then restore again.`,
    keyInEnvironment:
      "POSTERN_VAULT_KEY holds another key than the backup's. Nothing was written. Take the variable away for now; the backup's key then goes into a file, from where you may put it into the variable.",
    noSalt:
      "The settings ask for a passphrase, but when the backup was made the vault's key was no passphrase. Nothing was written. Set vault.passphrase: false or name a vault.key_file.",
    wrongPassphrase:
      "This is not the passphrase of the time of the backup. Nothing was written. Where it is forgotten, set vault.passphrase: false: the key then goes into a file.",
    noSpace: (folder) =>
      `There is not enough room on the disk of ${folder}. What was unpacked was removed again. Free some and restore again.`,
    unwritable: (folder) =>
      `${folder} cannot be written to. What was unpacked was removed again. Check permissions.`,
    keyFailed: (file) =>
      `The vault's key cannot be written to ${file}. What was unpacked was removed again. Check permissions, or name another vault.key_file.`,
    done: (folder, made, rooms) =>
      `Restored to ${folder}, as of ${made}. Rooms: ${rooms.join(", ") || "none"}.`,
    keyWritten: (file) => `The vault's key was written to ${file}.`,
    accounts: (names) =>
      `The keys of Matrix sessions are in no backup: an older copy of them must never be used again. Log in anew, best before the start; nobody has to join again, and the session of before is ended. What was announced after the backup comes to Matrix rooms a second time: ${names.map((name) => call(`matrix login ${name}`)).join("; ")}`,
    next: {
      sealed: `Links stay valid. At the next start each room begins a new chain, and what was published after the backup is fetched from MAX and posted again; readers see it once. ${START} If the old machine was seized: have the bot's token revoked, and renew the rooms: ${call("room certify --all")}`,
      matrix: `At the next start what was published after the backup is fetched from MAX and posted again. ${START} If the old machine was seized: have the bot's token revoked, change the Matrix account's password, and give it a new recovery code: ${call("matrix login --new-code")}`,
      mixed: `Links stay valid. At the next start each sealed room begins a new chain, and what was published after the backup is fetched from MAX and posted again; readers of sealed rooms see it once. ${START} If the old machine was seized: have the bot's token revoked, renew the sealed rooms (${call("room certify --all")}), change the Matrix account's password, and give it a new recovery code: ${call("matrix login --new-code")}`,
    },
  },
  certify: {
    which: (rooms) => `Name the room, or --all for all of one recovery code. Rooms: ${rooms.join(", ")}.`,
    noKeys: `No room has keys yet, so there is nothing to renew. Make them: ${call("room init")} ROOM`,
    otherRoot: (rooms) => `This is not the recovery code of ${named(rooms)}. Nothing was changed.`,
    noneOfIt: "No room on this machine has this recovery code. Nothing was changed.",
    unheard: (rooms) =>
      `None of the places of ${named(rooms)} (origins) answers. If they were renewed after this database was backed up, readers would refuse this renewal; else nothing speaks against it.`,
    goOn: "Renew all the same?",
    unheardScript: "Nothing was changed. To go on all the same: --yes",
    usedUp: "All serial numbers of this root are used up. Make a new room, with a new code and new links.",
    done: (rooms, ends) => `Renewed: ${rooms.join(", ")}. Valid until ${ends}.`,
    renewal:
      "Readers' pages learn of it by themselves from the room's places. Where a place hides it, or is gone, this link tells them; it holds no secret and may be sent by any messenger:",
    left: (rooms) => `Rooms with other recovery codes are as they were: ${rooms.join(", ")}.`,
  },
  rekey: {
    sure: (room) =>
      `The room "${room}" gets a new key. All links handed out so far show what is there now and nothing that comes; every reader needs the new link. Go on?`,
    needsYes: "All readers will need a new link. Nothing was done. For scripts: --yes",
    certificate: (room) =>
      `The room "${room}" must be renewed first: its certificate has ended, or others know a newer one. Nothing was changed. ${call(`room certify ${room}`)}`,
    done: (room) =>
      `The room "${room}" has a new key. Readers' pages now say that a new link is needed. Print it and hand it out on paper or by QR: ${call(`room link ${room}`)}`,
  },
  rotate: {
    locked: (folder) => `A bridge runs on ${folder}. The key was not changed. Stop it first.`,
    noDatabase: "There is no database yet, so there is no key to change.",
    environment:
      "The vault's key stands in POSTERN_VAULT_KEY, where Postern cannot change it. Nothing was done. Put the key into a file of mode 0600 outside the data folder, name it in vault.key_file, take the variable away, and run this again.",
    passphrase: "The key is being changed, so a new passphrase is needed.",
    unwritable: (file) =>
      `The new key cannot be written beside ${file}. Nothing was changed. Keys that a service manager hands over (systemd, Docker) must be changed as files: stop the service, run this with vault.key_file naming the original file, and start it again.`,
    noSpace:
      "There is not enough room on the disk. The old key stays in force. Free some and run this again.",
    broken:
      "Something in the database does not open with its key, so the key was not changed. The old key stays in force. Keep a backup from before, and report this.",
    done: (file) => `The vault has a new key, in ${file}. The old one was erased.`,
    donePassphrase: "The vault has a new passphrase. The old one opens nothing any more.",
    finished: "A change of the key that was interrupted is now finished. The old key was erased.",
    backups: `Older backups still open with the recovery code, and hold the old key. Make a new one: ${call("backup")} FILE`,
  },
  verify: {
    badUrl: "The page's address must begin with https:// (or http:// for this machine).",
    same: (url) => `The page at ${url} is this version's, byte for byte.`,
    different: (url) =>
      `The page at ${url} is NOT this version's. It may be an older or newer version, the host may have changed it on the way (inserted a script, for example), or somebody may have put in a false one that takes readers' keys. Put the page there again (npm run -s build:reader -- FOLDER) and compare again; if it differs again, use another host and tell readers not to open that address.`,
    workerDiffers: (url) =>
      `The page itself is right, but ${url} beside it is not this version's. That file can replace the page on readers' devices: put it there again, or remove it.`,
    hashes: (sha256, blake2b) => `This version:  SHA-256 ${sha256}\n               BLAKE2b ${blake2b}`,
    theirs: (sha256, blake2b) => `At the address: SHA-256 ${sha256}\n               BLAKE2b ${blake2b}`,
    others:
      "This is what the host gave to this machine, now. It may give others something else: compare from elsewhere too, and now and then.",
    status: (url, status) => `${url} answers ${status} instead of a page. Check the address.`,
    fault: (url, fault) => `${url} ${faults[fault]}. Nothing was compared.`,
    unbuilt: "This version's page could not be built here, so nothing was compared. Run npm ci first.",
  },
};
