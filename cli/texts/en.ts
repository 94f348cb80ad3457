import { call } from "./call.ts";
import { care } from "./en-care.ts";
import { findings, troubles } from "./en-findings.ts";
import { keys } from "./en-keys.ts";
import { matrix } from "./en-matrix.ts";
import { telegram } from "./en-telegram.ts";
import { plural, spanOf } from "./plural.ts";
import type { Words } from "./shape.ts";

const meant = (nearest: string | null): string => (nearest === null ? "" : ` Did you mean ${nearest}?`);
const faults = {
  unreachable: "does not answer",
  timeout: "did not answer within 10 seconds",
  tls: "shows a certificate that no browser will trust",
  redirect: "redirects elsewhere, which the page will not follow",
};
const units = {
  day: { one: "day", many: "days" },
  hour: { one: "hour", many: "hours" },
  minute: { one: "minute", many: "minutes" },
  second: { one: "second", many: "seconds" },
};

/** English. */
export const en: Words = {
  lang: "en",
  findings,
  keys,
  care,
  matrix,
  telegram,
  span: (ms) => spanOf(ms, (name, n) => plural("en", n, units[name])),
  help: {
    program: "Postern mirrors announcements from MAX into encrypted rooms. One way only.",
    titles: {
      usage: "Usage:",
      commands: "Commands:",
      options: "Options:",
      globalOptions: "Options of all commands:",
      arguments: "Arguments:",
    },
    anyOptions: "[options]",
    aCommand: "command",
    config: "configuration file (postern.yaml without it)",
    lang: "language: ru or en",
    version: "show the version",
    help: "show this help",
    helpCommand: "help for a command",
    demo: "show everything at work on built-in stand-ins, with nothing to set up",
    demoTelegram: "show the same week in a simulated Telegram channel as well",
    port: "the page's port on this machine (any free one without it)",
    run: "start the bridge",
    check: "check configuration, keys, rights and reachability",
    status: "what was read, what waits, what failed",
    json: "print JSON",
    reload: "have the bridge that runs read its configuration again",
    room: "rooms: making them, keys and links",
    init: "make a room: the keys of a sealed one, with their recovery code, or a Matrix room on its server",
    printCode: "for scripts: print the recovery code and do not ask it back",
    link: "print the join link and its QR code",
    fromToday: "the link opens the room from today on, not all that is kept",
    png: "save the QR code as a picture",
    roomName: "the room's name under rooms in the configuration",
  },
  usage: {
    unknownCommand: (name, nearest) => `There is no command "${name}".${meant(nearest)}`,
    unknownOption: (name, nearest) => `There is no option ${name}.${meant(nearest)}`,
    missingArgument: (name) => `An argument is missing: ${name}.`,
    missingValue: (option) => `${option} needs a value.`,
    tooMany: "Too many arguments.",
    badLang: "The language (--lang) may be ru or en.",
    badPort: "The port (--port) may be from 0 to 65535.",
    other: "The command is not written rightly.",
    seeHelp: `Help: ${call("--help")}`,
    warning: "warning",
    configErrors: (count, file) =>
      `${plural("en", count, { one: "error", many: "errors" })} in ${file}. Nothing was started.`,
    unknownRoom: (name, nearest, known) =>
      `There is no room "${name}" in the configuration.${meant(nearest)} Known: ${known.join(", ") || "none"}.`,
    internal: (code) =>
      `Internal error (${code}). It is Postern's fault, not yours: please report it with this code.`,
  },
  room: {
    exists: (room) =>
      `The room "${room}" has keys already; nothing was changed. Its link: ${call(`room link ${room}`)}`,
    needsTerminal:
      "The recovery code is shown and asked back in a terminal window, and this is none. The room was not made. Run the command in a terminal; for scripts there is --print-recovery-code.",
    intro: (room) => `Keys of the room "${room}"`,
    which: "Which recovery code will the room have?",
    fresh: "A new one (nobody can see that rooms with different codes are yours)",
    reuse: "That of another room of mine: I will type it (one code for several rooms)",
    typeCode: "That room's recovery code, 24 words with spaces between",
    showing:
      "This is the recovery code. It is shown once and stored nowhere. Write it on paper, with the numbers, and keep it away from this machine: if the machine is lost, it alone proves that the room is yours. Who knows it can pose as you. Do not take a picture of the screen.",
    written: "Written on paper? The screen will be cleared, and you will be asked for some words.",
    notWritten: "The room was not made: the code is not written down. Begin again; the code will be another.",
    askBack: (places) =>
      `Type the words number ${places.join(", ")}, with spaces between (or the whole code)`,
    wrongBack: (left) => `That does not match. ${plural("en", left, { one: "try", many: "tries" })} left.`,
    failed: "The room was not made: the words did not match. Begin again; the code will be another.",
    yes: "Yes",
    no: "No",
    cancelled: "Cancelled. The room was not made.",
    made: (room) => `The room "${room}" is made. The link for readers: ${call(`room link ${room}`)}`,
    unserved: `The bridge that runs does not know this room yet. Have it read the configuration again: ${call("reload")}`,
    printed:
      "The recovery code was printed and not asked back. Keep it away from this machine, and erase it wherever it went: logs, history, files.",
    codeLength: (words) => `24 words are needed; here ${words === 1 ? "is" : "are"} ${words}.`,
    codeWord: (place, word, nearest) => `Word ${place} ("${word}") is not in the list.${meant(nearest)}`,
    codeChecksum:
      "All words are in the list, but together they do not add up: one is mistaken or out of place.",
    noKeys: (room) =>
      `The room "${room}" has no keys yet, and so no link. Make them: ${call(`room init ${room}`)}`,
    noPage:
      "It is not known where readers open the page, so there is no link. Set feed.public_url: the https address at which the page lies.",
    localPage:
      "This link opens on this machine only. For readers set feed.public_url (the https address at which the page lies) and take the link again.",
    linkKeep:
      "Who holds this link reads the room; it cannot be taken from one reader alone. Hand it over on paper, by QR, or by another channel.",
    linkCarrier:
      "Do not send it over MAX or over a messenger that carries this room: that gives it the key. It also stays on the screen and in the terminal's history.",
    oneOrigin:
      "The link names fewer than two places that hold the room. If the place goes, readers will need a new link. Set two places in the room's origins and take the link again.",
    pngMade: (file) => `QR code saved: ${file} (only you can read it). Delete the file after printing.`,
    pngExists: (file) => `The file ${file} exists and was not touched. Name another.`,
    pngFailed: (file) =>
      `The file ${file} cannot be written. Check that the folder exists and may be written to.`,
  },
  check: {
    titles: {
      config: "Configuration",
      keys: "Keys",
      rights: "Rights in the sources",
      reach: "Reachability for readers",
    },
    configFine: (file) => `${file} is fine`,
    vaultOpens: "the vault's key opens the database",
    noDatabase: "there is no database yet: it comes when you make a room's keys or start the bridge",
    dataOpen: (folder) =>
      `others of this machine can look into the data folder ${folder}. Its files are sealed, but their times and sizes show when announcements come. If no web server reads the feed from it: chmod 700 ${folder}`,
    roomKeys: (room) => `the room "${room}" has keys`,
    roomNoKeys: (room) =>
      `the room "${room}" has no keys, its announcements wait. Make them: ${call(`room init ${room}`)}`,
    certificateSoon: (room, days) =>
      `the room "${room}" will work for another ${plural("en", days, units.day)} (its certificate ends). Have the recovery code at hand`,
    certificateOver: (room) =>
      `the certificate of the room "${room}" has ended: readers accept no new announcements. The recovery code is needed`,
    source: (source, channel, text) => `${source}: ${channel === null ? "" : `channel ${channel}: `}${text}`,
    unknownFinding: (code) => `the check says: ${code}`,
    sourceFailed: "the source could not be checked",
    servedHere: (address) =>
      `the bridge itself serves the page: ${address}. That will do for a trial; for readers put it on another host and set feed.public_url: who serves the page sees the readers' addresses and can put in a false one`,
    pageAt: (address) =>
      `the page opens: ${address}. Let it lie elsewhere than the bridge: who serves it sees the readers' addresses and can put in a false one`,
    pageNotHtml: (address) =>
      `at ${address} there is no page for reading. Check feed.public_url and put the page there (npm run -s build:reader -- FOLDER)`,
    pageStatus: (address, status) =>
      `instead of the page ${address} answers ${status}. Check feed.public_url and put the page there (npm run -s build:reader -- FOLDER)`,
    pageFault: (address, fault) => `the page ${address} ${faults[fault]}. Check feed.public_url and the host`,
    notServed: (folder) =>
      `the bridge does not serve the page, it only writes the folder ${folder}; your host must serve it`,
    noPage:
      "it is not known where readers open the page, so there are no links. Set feed.public_url: the https address at which the page lies",
    noOrigins: (room) =>
      `the room "${room}" has no origins: announcements are looked for beside the page only. Set two places from the first day; later it takes new links`,
    oneOrigin: (room) =>
      `the room "${room}" has one place in origins: if it goes, new links will be needed. Add a second`,
    originFine: (room, origin) => `"${room}" can be read at ${origin}`,
    originStale: (room, origin, age) =>
      `"${room}" can be read at ${origin}, but the last update there was ${age} ago. Does the bridge run? Is the feed's folder copied there every few minutes?`,
    originNotYet: (room, origin) =>
      `${origin} answers; the room "${room}" is not there yet, since the bridge has not written it yet. Start it: ${call("run")}`,
    originResting: (room, origin) =>
      `${origin} was not asked for the room "${room}": it is the bridge's own feed, and the bridge is not running`,
    originEmpty: (room, origin) =>
      `${origin} answers, but the room "${room}" is not there. Copy all of the feed's folder there and check the path`,
    originNotFeed: (room, origin) =>
      `${origin} answers with something that is not the room "${room}". Check address and path; if the room was made anew, copy the feed's folder again`,
    originClosed: (room, origin) =>
      `"${room}" is at ${origin}, but a page from another address cannot read it. Make the host send the header Access-Control-Allow-Origin: *`,
    originLocal: (room, origin) =>
      `${origin} for the room "${room}": this address opens on this machine only, readers cannot get there. Write an https address into origins`,
    originStatus: (room, origin, status) =>
      `${origin} answers ${status} for the room "${room}". Check the host's settings`,
    originFault: (room, origin, fault) =>
      `${origin} ${faults[fault]} for the room "${room}". Check the address and the host`,
    fine: "All is well.",
    wrong: (count) => `Not well: ${plural("en", count, { one: "item", many: "items" })} marked ✗.`,
  },
  status: {
    running: "The bridge is running.",
    stopped: `The bridge is not running, so nothing new comes to the rooms. To start it: ${call("run")}`,
    sources: "Sources",
    rooms: "Rooms",
    read: (ago) => `read ${ago} ago`,
    neverRead: "never read yet",
    trouble: (text) => `in the way: ${text}`,
    troubles,
    noKeys: "no keys yet",
    empty: "all is sent",
    queued: (count) => `${plural("en", count, { one: "part", many: "parts" })} queued`,
    head: (waiting, attempts, why, due) =>
      `the first waits for ${waiting}${attempts === 0 ? "" : `, failed tries: ${attempts}${why === null ? "" : ` (${why})`}`}${due === null ? "" : `, next in ${due}`}`,
    dead: (count) => `failed for good: ${count}`,
    known: "What you were told of, and lasts",
    unmatched: (count) => `${plural("en", count, { one: "post", many: "posts" })} matched no mapping.`,
  },
  reload: {
    done: "The bridge now works by the new configuration. No announcement was lost or doubled.",
    keyless: (room) =>
      `The room "${room}" has no keys yet: its announcements wait in the queue. Make them: ${call(`room init ${room}`)}`,
    restart: (keys) =>
      `Changed too, but counts only from the next start on: ${keys.join(", ")}. Restart the bridge when it suits you.`,
    refused: (count, file) =>
      `${plural("en", count, { one: "error", many: "errors" })} in ${file}. Nothing was changed. The bridge, if it runs, goes on by the old configuration. Mend it and give the command again.`,
    none: (folder) =>
      `No bridge runs on ${folder}, so there is nothing to reload: the configuration is read at the next start.`,
    starting:
      "The bridge is still starting and does not take a new configuration yet. Give the command again in a minute.",
    otherData:
      "The data folder cannot be changed while the bridge runs. Stop it, move the folder, start it again.",
    unreadable: "A file that the configuration names can no longer be read. Check the paths in it.",
    port: (address, taken) =>
      taken
        ? `Another program already listens on ${address}. Change feed.listen.`
        : `Listening on ${address} is not possible. Change feed.listen.`,
  },
  open: {
    key_file_missing: (where) =>
      `The file with the vault's key, ${where}, does not exist. Nothing was started. Check vault.key_file.`,
    key_file_unreadable: (where) =>
      `The file with the vault's key, ${where}, cannot be read. Nothing was started. Check that it is a file and yours.`,
    key_file_open_to_others: (where) =>
      `Others can read the file with the vault's key. Nothing was started. Run: chmod 600 ${where}`,
    key_malformed: (where) => `${where} holds no vault's key: 64 hex digits are needed. Nothing was started.`,
    key_inside_data: (where) =>
      `The vault's key ${where} lies in the data folder: a copy of the folder would open itself. Nothing was started. Move the key outside.`,
    key_lost: (where) =>
      `${where} is gone, and the database does not open without it. Nothing was written. Bring it back from a backup; if there is none: docs/lost-key.md.`,
    key_not_made: (where) =>
      `The vault's key must be written to ${where}, and that is not possible. Nothing was started. Check permissions and disk space, or set vault.key_file.`,
    passphrase_missing: () =>
      "The vault does not open without its passphrase. Run the command in a terminal and type it.",
    witness_unreadable: (where) =>
      `The witness ${where}, which notices a data folder that was put back, cannot be read. Nothing was started. Check permissions, or name another place in witness.`,
    wrong_key: (where) =>
      `This key does not open this database (${where}). Nothing was written. What to check: docs/lost-key.md.`,
    in_use: () => "Another process holds the database. Wait for it or stop it.",
    newer_database: () =>
      "A newer version of Postern made the database. Nothing was changed in it and nothing is lost, but this version does not mirror from it. Install the newer version again.",
    upgrade_failed: (where) =>
      `The database ${where} is of an older version and could not be brought up to date. Nothing was changed: the version before still works with it. Mostly the disk is full: it needs as much free space as the database is large, twice. If there is room, please report it.`,
    unreadable: (where) => `${where} cannot be opened. Check permissions and disk space.`,
    no_answer: () =>
      `The bridge that runs did not answer this command; it may be ending just now. Announcements are safe. Look in a minute: ${call("status")}`,
    other_version: () =>
      "The bridge that runs is another version than this command, and they do not understand each other. Announcements go on. Restart the bridge and give the command again.",
    bridge_fault: (where) =>
      `The bridge that runs could not carry this command out: an internal error (${where}). Announcements go on. It is Postern's fault: please report it with this code.`,
  },
};
