import { findings, troubles } from "./en-findings.ts";
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
  span: (ms) => spanOf(ms, (name, n) => plural("en", n, units[name])),
  help: {
    program: "Postern mirrors announcements from MAX into encrypted rooms. One way only.",
    titles: { usage: "Usage:", commands: "Commands:", options: "Options:", arguments: "Arguments:" },
    config: "configuration file",
    lang: "language: ru or en",
    version: "show the version",
    help: "show this help",
    helpCommand: "help for a command",
    demo: "show everything at work on built-in stand-ins, with nothing to set up",
    run: "start the bridge",
    check: "check configuration, keys, rights and reachability",
    status: "what was read, what waits, what failed",
    json: "print JSON",
    room: "rooms: keys and links",
    init: "make a room's keys and show the recovery code",
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
    badLang: "The language may be ru or en.",
    other: "The command is not written rightly.",
    seeHelp: "Help: postern --help",
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
      `The room "${room}" has keys already; nothing was changed. Its link: postern room link ${room}`,
    needsTerminal:
      "The recovery code is shown and asked back in a terminal, and there is none here. For scripts: --print-recovery-code.",
    intro: (room) => `Keys of the room "${room}"`,
    which: "Which root key?",
    fresh: "A new one (rooms with different keys cannot be linked with each other)",
    reuse: "That of another room of mine: I will type its code (one code for several rooms)",
    typeCode: "That room's recovery code, 24 words",
    showing:
      "This is the recovery code. It is shown once and stored nowhere. Write it on paper: after a lost or seized server it alone brings the room back. Who knows it can pose as you.",
    written: "Written on paper? The screen will be cleared and the words asked back.",
    notWritten: "The room was not made: the code is not written down. Begin again; the code will be another.",
    askBack: (places) => `Type the words number ${places.join(", ")} (or the whole code)`,
    wrongBack: (left) => `That does not match. ${plural("en", left, { one: "try", many: "tries" })} left.`,
    failed: "The room was not made: the words did not match. Begin again; the code will be another.",
    cancelled: "Cancelled. The room was not made.",
    made: (room) => `The room "${room}" is made. Next: postern room link ${room}`,
    printed:
      "The recovery code was printed and not asked back. Keep it away from this machine, and erase it wherever it went: logs, history, files.",
    codeLength: (words) => `24 words are needed; here ${words === 1 ? "is" : "are"} ${words}.`,
    codeWord: (place, word, nearest) => `Word ${place} ("${word}") is not in the list.${meant(nearest)}`,
    codeChecksum:
      "All words are in the list, but together they do not add up: one is mistaken or out of place.",
    noKeys: (room) => `The room "${room}" has no keys yet. Make them: postern room init ${room}`,
    linkKeep:
      "Who holds this link reads the room; it cannot be taken from one reader alone. Hand it over on paper, by QR, or by another channel.",
    linkCarrier:
      "Do not send it over MAX or over a messenger that carries this room: that gives it the key. It also stays on the screen and in the terminal's history.",
    oneOrigin:
      "The link names fewer than two places that hold the room. If one goes, readers must ask for a new link: add a second to origins.",
    pngMade: (file) => `QR code saved: ${file} (mode 0600). Delete the file after printing.`,
    pngExists: (file) => `The file ${file} exists and was not touched. Name another.`,
    pngFailed: (file) => `The file ${file} cannot be written. Check folder and permissions.`,
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
    roomKeys: (room) => `the room "${room}" has keys`,
    roomNoKeys: (room) => `the room "${room}" has no keys. Make them: postern room init ${room}`,
    certificateSoon: (room, days) =>
      `the certificate of the room "${room}" ends in ${plural("en", days, units.day)}; the recovery code will be needed`,
    certificateOver: (room) =>
      `the certificate of the room "${room}" has ended: readers accept nothing new. The recovery code is needed`,
    source: (source, text) => `${source}: ${text}`,
    unknownFinding: (code) => `the check says: ${code}`,
    sourceFailed: "the source could not be checked",
    servedHere: (address) => `the bridge itself serves the page: ${address}`,
    notServed: (folder) =>
      `the bridge does not serve the page, it only writes the folder ${folder}; your host must serve it`,
    noOrigins: (room) =>
      `the room "${room}" has no origins: its log is looked for beside the page. Name two places from the first day`,
    oneOrigin: (room) => `the room "${room}" has one place in origins: if it goes, new links will be needed`,
    originFine: (room, origin) => `"${room}" can be read at ${origin}`,
    originEmpty: (room, origin) =>
      `${origin} answers, but the room "${room}" is not there yet. Start the bridge (postern run) or copy the feed's folder`,
    originNotFeed: (room, origin) =>
      `${origin} answers with something that is not the log of the room "${room}". Check address and path`,
    originStatus: (room, origin, status) =>
      `${origin} answers ${status} for the room "${room}". Check the web server before the bridge`,
    originFault: (room, origin, fault) => `${origin} ${faults[fault]} for the room "${room}"`,
    fine: "All is well.",
    wrong: (count) => `Not well: ${plural("en", count, { one: "item", many: "items" })} marked ✗.`,
  },
  status: {
    running: "The bridge is running.",
    stopped: "The bridge is not running. To start it: postern run",
    sources: "Sources",
    rooms: "Rooms",
    read: (ago) => `read ${ago} ago`,
    neverRead: "never read yet",
    trouble: (text) => `in the way: ${text}`,
    troubles,
    empty: "all is sent",
    queued: (count) => `${plural("en", count, { one: "part", many: "parts" })} queued`,
    head: (waiting, attempts, due) =>
      `the first waits for ${waiting}${attempts === 0 ? "" : `, failed tries: ${attempts}`}${due === null ? "" : `, next in ${due}`}`,
    dead: (count) => `failed for good: ${count}`,
    unmatched: (count) => `${plural("en", count, { one: "post", many: "posts" })} matched no mapping.`,
  },
  open: {
    key_file_missing: (where) => `The key file ${where} does not exist. Check vault.key_file.`,
    key_file_open_to_others: (where) => `Others can read the key file. Run: chmod 600 ${where}`,
    key_malformed: (where) => `${where} holds no key: 64 hex digits are needed.`,
    key_inside_data: (where) =>
      `The key ${where} lies in the data folder: a copy of the folder would open itself. Move it outside.`,
    key_lost: (where) =>
      `The key ${where} is gone, and the database is sealed with it. Bring it back from a backup; without one what was sealed is lost: docs/lost-key.md.`,
    passphrase_missing: () =>
      "A passphrase is needed and there is nowhere to ask for it. Run this in a terminal.",
    wrong_key: (where) => `This key does not open this database (${where}). Nothing was written.`,
    in_use: () => "Another process holds the database. Wait for it or stop it.",
    newer_database: () => "A newer version of Postern made the database. Update the program.",
    unreadable: (where) => `${where} cannot be opened. Check permissions and disk space.`,
  },
};
