import { call } from "./call.ts";
import type { MatrixWords } from "./shape-matrix.ts";

const OUT = `the bridge's account is not in it (it was removed, or the room is gone). Once it is invited again, it comes by itself; where nobody can invite it any more, make a new room, into which people are invited anew: ${call("room init ROOM --anew")}`;
const meant = (nearest: string | null): string => (nearest === null ? "" : ` Did you mean ${nearest}?`);
const named = (names: readonly string[]): string => names.join(", ");
const days = (n: number): string => (n === 1 ? "day" : `${n} days`);

/** Matrix, in English. */
export const matrix: MatrixWords = {
  yes: "Yes",
  no: "No",
  help: {
    matrix: "Matrix: accounts, invitations, a direct chat with the bridge",
    login: "log an account in, and show its recovery code",
    account: "the account's name under matrix; not needed where there is one",
    newCode: "give it a new recovery code, such as when a machine was seized",
    logout: "log an account out: its session is ended on the server and erased here",
    forgetIdentity: "erase its identity too; only the recovery code brings it back",
    invite: "have the bridge invite somebody into a Matrix room",
    user: "whom, such as @name:example.org",
    chat: "open a direct, encrypted chat of the bridge with you",
    chatUser: "your own Matrix name, such as @name:example.org",
    chatAccount: "the account that is to talk; not needed where there is one",
    end: "end the chat: the bridge no longer listens to this person",
    adopt: "for a Matrix room: take one that exists, by its address (#name:server) or id (!…)",
    anew: "for a Matrix room: another in place of one that the bridge is no more in",
  },
  noAccounts:
    "There is no Matrix account in the settings. Add one under matrix; postern.example.yaml shows how.",
  whichAccount: (names) => `Name the account. There are: ${named(names)}.`,
  unknownAccount: (name, nearest, known) =>
    `There is no account "${name}" under matrix.${meant(nearest)} There are: ${named(known) || "none"}.`,
  badUser: (written) =>
    `"${written}" is no Matrix name. Names look like @name:example.org, with the @ and the server.`,
  noLogin: (account) =>
    `The account "${account}" is not logged in, so nothing goes to its rooms. Log in: ${call(`matrix login ${account}`)}`,
  lost: (account, why) =>
    `The account "${account}": ${why}. Announcements for its rooms wait. Log in again: ${call(`matrix login ${account}`)}`,
  noRoom: (room) =>
    `The room "${room}" does not exist on the server yet. Make it: ${call(`room init ${room}`)}`,
  isMatrix: (room) =>
    `"${room}" is a Matrix room: it has neither link nor recovery code of its own. People are invited: ${call(`matrix invite ${room}`)} @name:server`,
  isSealed: (room) =>
    `"${room}" is a sealed room: nobody is invited into it, people get its link: ${call(`room link ${room}`)}`,
  wasSealed: (room) =>
    `The room "${room}" was a sealed room before, and its readers have links to it. Nothing is sent to it as a Matrix room. Give the Matrix room another name in the settings.`,
  notSealed: (option) => `${option} is for Matrix rooms alone; this room is sealed. Nothing was done.`,
  faults: {
    M_FORBIDDEN: "the server does not let the account do this",
    M_UNKNOWN_TOKEN: "the server has logged the account out",
    M_USER_DEACTIVATED: "the account was closed",
    M_USER_LOCKED: "the server has locked the account; ask its provider",
    M_LIMIT_EXCEEDED: "the server asks to wait; try again in some minutes",
    M_NOT_FOUND: "the server does not know it; check the spelling",
    M_UNSUPPORTED_ROOM_VERSION: "the server does not know rooms of this kind",
    M_CONSENT_NOT_GIVEN:
      "the server wants its terms to be accepted first: log in to it once with another program",
    M_RESOURCE_LIMIT_EXCEEDED: "the server takes no more at the moment; ask its provider",
    timeout: "the server did not answer in time",
    unreachable: "the server cannot be reached: check base_url and the network",
    tls: "the server's certificate is not trusted: check base_url, or set ca_file",
    proxy: "the proxy does not answer or refused: check proxy",
    cut: "the connection was cut",
    server_error: "a fault on the server's side; try again later",
    not_matrix: "what answers there is no Matrix server: check base_url",
    bad_answer: "the server's answer is not understood",
    wrong_password: "user name or password are wrong",
    too_old: "the server is too old",
    no_password_login:
      "this server does not log in by password; take an access token from a session made for the bridge alone",
    guest: "a guest's token cannot be used; an account is needed",
    no_device: "this token belongs to no session; take one from a session made for the bridge alone",
    device_in_use:
      "this token is that of a session that another program uses, with keys of its own; make a session for the bridge alone",
    other_user: "this is another account than the one whose rooms are kept here",
    unsupported_auth:
      "the server wants a confirmation that only a browser can give; ask its provider for an account with a password",
    lost_room: "no answer came, and it may have been made; look in another program before you try again",
    already_there: "they are in the room already",
    not_invited: "the account must be invited into that room first",
    replaced: "that room was replaced by another; name the new one",
    no_history: "nothing is kept that could be given",
    no_keys: "there are no keys yet that could be given",
    store_missing: "the keys of this session are not on this machine",
    store_wrong_passphrase: "the keys of this session do not open",
    store_damaged: "the file with the keys of this session is damaged",
    store_in_use: "another process uses the keys of this session",
    store_disk: "the disk does not take or give the keys of this session; check its space",
    store_other_device: "the keys on this machine are those of another session",
    no_session: "it is not logged in",
    logged_out: "the server has logged it out",
    deactivated: "it was closed",
    no_account: `the bridge that runs does not know this account yet; have it read the settings again: ${call("reload")}`,
    no_room: "the room does not exist on the server yet",
    no_room_there: `the bridge that runs does not know this room yet; have it read the settings again: ${call("reload")}`,
    was_sealed: "a room of this name was a sealed room before; give the Matrix room another name",
    not_started: "the bridge is still starting; try again in a minute",
  },
  otherFault: (code) => `the server answers ${code}`,
  login: {
    needsTerminal:
      "Password and recovery code are typed in a terminal window, and this is none. Nothing was done. Run the command in a terminal.",
    intro: (account) =>
      `Logging the account "${account}" in. Take an account made for the bridge alone: those in its rooms see its name.`,
    again: (user) =>
      `${user} is logged in already. Logging in again makes a new session in place of this one; nothing that waits is lost.`,
    lost: (user, why) =>
      `${user} was logged in, but ${why}, so announcements for its rooms wait. Logging in again makes a new session in place of that one; nothing that waits is lost, and nobody has to join again.`,
    newCode:
      "The account gets a new recovery code, and with it a new identity. The old code stands for nothing of it any more, though it opens older backups. The programs of those who verified the account will warn them: tell people beforehand. Announcements go on.",
    goOn: "Log in again?",
    how: "How is the account logged in?",
    byPassword: "With user name and password",
    byToken: "With an access token (where the server logs in through a web page)",
    user: "User name, such as @name:example.org",
    password: "Password (it is not shown, and not kept)",
    passwordAgain: "The account's password, once (it is not shown, and not kept)",
    token: "Access token (it is not shown) of a session made for the bridge alone",
    empty: "Something is needed here.",
    codeIntro: (account) => `The recovery code of the account "${account}"`,
    code: {
      which: "Which recovery code is to stand for the account?",
      fresh: "A new one",
      reuse: "One that I hold: this account's, or that of another room of mine",
      typeCode: "The recovery code, 24 words with spaces between",
      showing:
        "This is the recovery code. It is shown once and stored nowhere. Write it on paper, with the numbers, and keep it away from this machine: with it the account stays the same one for those in its rooms when the machine is lost, and it opens backups. Who knows it can pass for the account. Do not photograph the screen.",
      notWritten: "The code was not written down, so it stands for nothing.",
      failed: "The words did not match, so the code stands for nothing.",
      cancelled: "No code was agreed upon.",
    },
    cancelled: "Cancelled. Nothing was done.",
    failed: (why) => `The login came to nothing: ${why}.`,
    done: (user) =>
      `${user} is logged in, and its device is confirmed by its owner: people's programs show no warning.`,
    unsigned: (why) =>
      `The account is logged in, but its device could not be confirmed: ${why}. Announcements are sent, encrypted; people's programs warn of the device, and some will refuse it. Log in again to confirm it.`,
    passwordNeeded: "The server wants the password once more before it confirms the device.",
    otherIdentity:
      "The account has an identity already that this recovery code did not make. A fresh account made for the bridge alone is best. What shall it be?",
    otherCode: "I hold its recovery code and type it",
    replaceIt: "Replace it; whoever has verified the account is warned",
    leaveIt: "Leave it, and the device unconfirmed",
    unsignedYet:
      "The account is logged in, but its device is not confirmed yet. Announcements are sent, encrypted; people's programs warn of the device, and some will refuse it. Log in again to confirm it.",
    oldLeft: (name) =>
      `A session of before is open still: whoever has it hears and speaks as the bridge. Remove it with another Matrix program (in Element: Settings, Sessions): all of this account but the newest "${name}".`,
    next: (rooms) =>
      `Next, make the rooms on the server: ${rooms.map((room) => call(`room init ${room}`)).join("; ")}`,
  },
  logout: {
    means: (account) =>
      `The account "${account}" is logged out: the server ends its session, and the session's token and keys are erased here. Announcements for its rooms wait until you log in again. The rooms and those in them stay.`,
    meansForgotten:
      "Its identity is erased too: only its recovery code makes it the same account for those in its rooms. New backups do not open with that code until you log in with it.",
    sure: "Log out?",
    needsYes:
      "Announcements for this account's rooms wait once it is logged out. Nothing was done. For scripts: --yes",
    none: (account) =>
      `The account "${account}" is not logged in anyway; announcements for its rooms wait. To log in: ${call(`matrix login ${account}`)}`,
    failed: (account, why) =>
      `The account "${account}" was not logged out: ${why}. Nothing was changed, and the session is open. Try again, or end this session with another Matrix program.`,
    done: (account, user) =>
      `${user} is logged out. Announcements for the rooms of the account "${account}" wait. To log in again: ${call(`matrix login ${account}`)}. If it is not needed any more, take it and its rooms out of the settings.`,
    forgotten: "Its identity is erased here. Backups made before hold it still.",
  },
  room: {
    made: (room) =>
      `The room "${room}" is made: encrypted, by invitation alone, and only the bridge posts there. Invite people: ${call(`matrix invite ${room}`)} @name:server`,
    adopted: (room) =>
      `The room "${room}" is taken over. Invite people: ${call(`matrix invite ${room}`)} @name:server`,
    exists: (room) => `The room "${room}" exists on the server already; nothing was changed.`,
    inside: (room) =>
      `The bridge's account is still in the room "${room}", so there is no new one in its place; nothing was changed.`,
    failed: (room, why) => `The room "${room}" was not set up: ${why}.`,
    unsafe: (room) =>
      `The room "${room}" was not taken over: announcements would not be safe there, and the account may not mend it.`,
    flaw: (text) => `  ${text}`,
    badAddress: "An address (#name:server) or an id (!…) of a Matrix room is needed after --adopt.",
  },
  flaws: {
    bot_outside: OUT,
    not_encrypted: "it is not encrypted",
    rotation: "its keys are changed more seldom than they should be",
    open: "others than those whom the bridge invites can come in",
    guests: "guests can come in",
    listed: "the server's public list names it",
    history_visibility: "it shows another part of its history than the settings say",
    members_post: "others than the bridge can post or change the room",
    members_manage: "members can invite, remove others or take messages away",
    others_have_power: "others besides the bridge have power there",
    bot_without_power: "the bridge's account has no power there: make it an administrator (100)",
    name: "its name is another than in the settings",
    topic: "its topic is another than in the settings",
    replaced: "it was replaced by another room",
  },
  held: {
    out: OUT,
    uninvited: "it was replaced by another room, and the bridge's account must be invited there",
  },
  invite: {
    done: (user, room) => `${user} is invited into "${room}". No list is made of those invited.`,
    already: (user, room) => `${user} is in "${room}" already.`,
    failed: (user, why) => `${user} was not invited: ${why}.`,
    history: (n) =>
      `With the invitation go the keys of the last ${days(n)}, for programs that can take them.`,
    digest: (n) => `Once they have come in, a digest of the last ${days(n)} is posted.`,
    keysFailed: (why) => `Older announcements stay closed to them in the room itself: ${why}.`,
    strict:
      "This room gives keys to confirmed devices alone (trust: strict). They must have verified their own session in their program, else they read nothing.",
  },
  chat: {
    opened: (user) =>
      `The bridge has opened an encrypted chat and invited ${user}. Write "help" there. To end it: ${call(`matrix chat ${user} --end`)}`,
    ended: (user) =>
      `The chat is ended. The bridge no longer listens to ${user}, and has forgotten the name.`,
    none: (user) => `The bridge has no chat with ${user}.`,
    failed: (why) => `No chat was opened: ${why}.`,
  },
  status: {
    accounts: "Matrix accounts",
    out: "not logged in",
    lost: "its keys are not on this machine: log in again",
    read: (ago) => `read ${ago} ago`,
    notRead: "not read yet since the start",
    resting: "logged in",
    trouble: (why) => `in the way: ${why}`,
    signed: "its device is confirmed",
    unsigned: "its device is not confirmed by its owner: log in again",
    noRoom: "not on the server yet",
    strict: "keys go to confirmed devices alone",
    unread: (n) => `devices that get no keys: ${n}`,
    held: "nothing is sent there now",
  },
  check: {
    title: "Matrix rooms",
    noLogin: (account) =>
      `the account "${account}" is not logged in, announcements for its rooms wait. Log in: ${call(`matrix login ${account}`)}`,
    lost: (account) =>
      `the keys of the account "${account}" are not on this machine (a backup does not hold them), announcements for its rooms wait. Log in again: ${call(`matrix login ${account}`)}`,
    failed: (account, why) => `the account "${account}": ${why}`,
    again: (account, why) =>
      `the account "${account}": ${why}. Announcements for its rooms wait. Log in again: ${call(`matrix login ${account}`)}`,
    loggedIn: (account) => `the account "${account}" is logged in`,
    signed: (account) => `the device of "${account}" is confirmed by its owner`,
    unsigned: (account) =>
      `the device of "${account}" is not confirmed by its owner: people's programs warn of it, and some refuse it. Log in again: ${call(`matrix login ${account}`)}`,
    largest: (account, size) =>
      `the server of "${account}" takes files up to ${size}; a line stands for larger ones`,
    noRoom: (room) =>
      `the room "${room}" does not exist on the server yet. Make it: ${call(`room init ${room}`)}`,
    roomFine: (room) =>
      `the room "${room}" is encrypted, only the bridge posts there, and people come by its invitation alone`,
    roomFailed: (room, why) => `the room "${room}": ${why}`,
    flaw: (room, text) => `the room "${room}": ${text}`,
    strict: (room) =>
      `the room "${room}" gives keys to confirmed devices alone: who has not verified their own session, and who uses an older program, reads nothing`,
    unread: (room, n) => `the room "${room}": devices that get no keys and read nothing: ${n}`,
  },
};
