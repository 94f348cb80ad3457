import { call } from "./call.ts";
import type { TelegramWords } from "./shape-telegram.ts";

const meant = (nearest: string | null): string => (nearest === null ? "" : ` Did you mean ${nearest}?`);
const named = (names: readonly string[]): string => names.join(", ");
const listed = (texts: readonly string[]): string => texts.map((text) => `  • ${text}`).join("\n");

/** Telegram, in English. */
export const telegram: TelegramWords = {
  yes: "Yes",
  no: "No",
  help: {
    telegram: "Telegram: make a channel or group a room, settle lost answers",
    setup: "make a channel, a group or a topic in Telegram a room, and write it into the settings",
    room: "name of the room; asked for where it is not given",
    bot: "name of a bot from telegram; not needed where there is one",
    unsure: "of which announcements it is not known whether they arrived, and answer for the bridge",
    unsureRoom: "name of the room; without it all are shown",
    arrived: "the announcement is in the chat: go on",
    missing: "the announcement is not in the chat: send it again",
  },
  noBots: (file) =>
    [
      "There is no Telegram bot in the settings. How to make one:",
      "  1. In Telegram, open a chat with @BotFather (with the check mark) and send /newbot.",
      "  2. Give the bot a name that says nothing of you: everybody in the channel sees it.",
      "  3. BotFather sends a token. Save it as one line in a file, such as secrets/telegram.token, and close the file to others: chmod 600 secrets/telegram.token. Whoever knows the token is the bot.",
      `  4. Add to ${file}:`,
      "       telegram:",
      "         campus:",
      "           token_file: ./secrets/telegram.token",
      "     Where you reach Telegram through a proxy, that too: proxy: socks5://127.0.0.1:1080",
      `  5. Again: ${call("telegram setup")}`,
    ].join("\n"),
  whichBot: (names) => `Name the bot: --bot NAME. There are: ${named(names)}.`,
  unknownBot: (name, nearest, known) =>
    `There is no bot "${name}" in telegram.${meant(nearest)} There are: ${named(known) || "none"}.`,
  noToken: (bot) =>
    `The bot "${bot}" has no token. Put it into a file with mode 0600 and name the file in telegram.${bot}.token_file.`,
  isTelegram: (room) =>
    `"${room}" is a Telegram room: it has neither a link of the bridge nor a recovery code. People are invited to the channel itself.`,
  isNotTelegram: (room) => `"${room}" is no Telegram room.`,
  wasEncrypted: (room) =>
    `The room "${room}" was encrypted before (sealed, or Matrix), and readers rely on that. Nothing of it is sent to Telegram in the clear; its announcements wait. Give the Telegram room another name in the settings.`,
  faults: {
    unauthorized: "Telegram does not accept the bot's token: it was revoked, or is written wrongly",
    conflict:
      "another program uses the bot at the same time, or a webhook is set; if you know of none, revoke the token with BotFather",
    not_member: "the bot is not in the chat: it was put out or blocked. Add it again as an administrator",
    chat_not_found: "there is no such chat, or the bot was never in it",
    no_rights:
      "the bot lacks rights. In Telegram: settings of the channel or group, Administrators, the bot, and allow it to post messages",
    topic_closed: "the topic is closed. Open it again, or give the bot the right to manage topics",
    topic_gone: "the topic is gone. Make another one and write it into the settings",
    migrated: "the group has become a supergroup, with another id",
    message_gone: "the message is gone",
    not_modified: "the message is like that already",
    not_editable: "the bot may not edit this message",
    not_deletable: "the bot may not delete this message (older than 48 hours, or not its own)",
    reply_gone: "the message that was to be answered is gone",
    too_long: "the text is longer than Telegram takes",
    too_large: "the file is larger than Telegram takes",
    limited: "Telegram asks to wait",
    rate_limited: "Telegram asks to wait",
    bad_answer: "the answer makes no sense: what answers at api_root is no Bot API",
    other: "Telegram refuses, and does not say why",
    timeout: "Telegram did not answer in time; where it is throttled, set proxy",
    unreachable: "Telegram cannot be reached: check the network, set proxy, or check api_root",
    tls: "the server's certificate is not trusted: check api_root or set ca_file",
    proxy: "the proxy does not answer, or refused: check proxy",
    proxy_unused: "a proxy is set, but a connection went past it; nothing more is sent",
    no_answer: "the answer was lost",
    server_error: "a fault on Telegram's side; try later",
    ended: "it was ended",
    no_bot: `the bridge that runs does not know this bot yet; let it read the settings: ${call("reload")}`,
    no_room_there: `the bridge that runs does not know this room yet; let it read the settings: ${call("reload")}`,
    was_sealed: "the room of this name was sealed before; give the Telegram room another name",
    not_started: "the bridge is still starting; try in a minute",
    ca_unreadable: "ca_file cannot be read",
  },
  otherFault: (code) => `the answer is ${code}`,
  flaws: {
    out: "the bot is not in the chat: it was put out, blocked, or never added. Add it as an administrator",
    gone: "there is no such chat: it was deleted, or the id in the settings is wrong",
    no_rights:
      'the bot may not post. In Telegram: settings of the channel, Administrators, the bot, "Post messages"; in a group: Permissions, "Send messages", or make the bot an administrator',
    topic_closed: 'the topic is closed. Open it again, or give the bot the right "Manage topics"',
    topic_gone: "the topic is gone, or this is no forum. Make a topic and write its id into the settings",
    private: "this is a chat with a person; a channel or a group is needed",
    no_media:
      "the bot may not send photos or files. Settings of the group, Permissions: allow media, or make the bot an administrator",
    edits_others:
      "the bot may edit others' posts, so that looking for a lost post by its button (probe) is not safe, and is not done. Settings, Administrators, the bot: switch off \"Edit messages of others\", or set the room's probe: off",
    cannot_pin:
      'the bot may not pin, and a mapping asks for it (pin). Settings, Administrators, the bot: in a channel switch on "Edit messages of others", in a group "Pin messages"; or take pin out of the mapping',
    members_seen:
      "this is a group: everybody in it sees everybody. For announcements a channel is better, where only admins see the subscribers",
    members_add:
      'members may add others, and so bots: an informant adds one and learns who the admins are, hidden ones too. Settings, Permissions: switch off "Add members". A channel is better still',
    public: "the chat has a public name (@…): a search finds it. Where that is not wanted, make it private",
  },
  rights: {
    post_messages: "Post messages",
    edit_messages: "Edit messages of others",
    pin_messages: "Pin messages",
  },
  kinds: { channel: "channel", supergroup: "group", group: "group", private: "private chat" },
  setup: {
    needsTerminal:
      "This command asks and waits, for which it needs a terminal. Nothing was done. Run it in a terminal.",
    conflict: (bot) =>
      `Another program listens to the bot "${bot}", or a webhook is set. Stop it and try again. If you know of none, somebody else holds the token: revoke it with BotFather. Nothing was done.`,
    failed: (bot, why) => `The bot "${bot}": ${why}. Nothing was done.`,
    which: "How is the room to be called in the settings? (lower-case letters, digits, hyphens)",
    badName: "Lower-case letters, digits, - and _ are needed, up to 63.",
    isMatrix: (room) => `"${room}" is a Matrix room. Give the Telegram room another name.`,
    again: (room) =>
      `The room "${room}" has a chat already. Another replaces it in the settings; earlier posts stay there.`,
    goOn: "Replace it?",
    intro: (bot) => `The bot answers: @${bot}.`,
    steps: (bot, give, without, code) =>
      [
        "Now, in Telegram:",
        "  1. Make a channel (best: only admins see its subscribers), or take one that exists. Make it private.",
        `  2. Settings of the channel, Administrators, Add administrator: find @${bot}.`,
        `  3. Switch on: ${named(give)}. Switch the rest off${without.length === 0 ? "" : `, and by all means: ${named(without)}`}.`,
        '  For a group: add the bot as an administrator, and switch off "Add members" in Permissions.',
        `  For a forum's topic: do the same, and then write in the topic itself: /postern ${code}`,
        "  If the bot is there already: change one of its rights and change it back, and the chat is noticed.",
        "Whoever holds the bot's token can list the channel's subscribers: keep the token safe.",
      ].join("\n"),
    waiting: "Waiting for the bot to be added. Ctrl-C ends this, with nothing written.",
    found: (kind, title) => `The bot was added: ${kind} "${title}".`,
    isIt: "Is it your chat? (a stranger may have added the bot to his own)",
    notIt: "Left alone; still waiting.",
    taken: (title, room) =>
      `The chat "${title}" is that of the room "${room}" already: announcements would come twice. Waiting for another.`,
    plainGroup:
      "This is a simple group; it becomes a supergroup as soon as it gets settings, and its id changes. The bridge notices that.",
    lacks: (texts) => `Like this no announcements would go there:\n${listed(texts)}`,
    notes: (texts) => `Worth knowing:\n${listed(texts)}`,
    lookAgain: "Set this right in Telegram. Look again?",
    lookNow: "Look",
    asIs: "Leave it as it is",
    leave: "End",
    probeOff:
      "The bot may edit others' posts, so the room is written with probe: off (no ⓘ button). When you take that right away, take the line away, too.",
    mapping: "Which mapping is to bring announcements here?",
    mappingOf: (name, rooms) => `${name} (now to: ${rooms})`,
    noMapping: "None yet",
    summary: (room, title, file) =>
      `The room "${room}": the chat "${title}". It will be written into ${file}.`,
    write: "Write it?",
    cancelled: "Ended. Nothing was written.",
    written: (room, file) => `The room "${room}" was written into ${file}.`,
    notWritten: (file, why) =>
      ({
        unreadable: `The file ${file} cannot be read. Nothing was written.`,
        changed: `The file ${file} was changed meanwhile. Nothing was written; run the command again.`,
        unsuited: `The file ${file} is laid out so that it is not changed by a program. Nothing was written.`,
        unwritable: `The file ${file} cannot be changed: check its permissions and the folder's. Nothing was written.`,
      })[why],
    byHand: (lines) => `Write it yourself:\n${lines}`,
    unmapped: (room) =>
      `No mapping leads to the room yet. Add its name (${room}) to rooms of a mapping in mappings.`,
    next: (running) =>
      running
        ? `Let the bridge read the settings: ${call("reload")}. To check all: ${call("check")}`
        : `To check all: ${call("check")}. To start: ${call("run")}`,
  },
  unsure: {
    none: "Nothing is in doubt: of all announcements it is known whether they arrived.",
    one: (room, ago) => `${room}: an announcement sent ${ago} ago; Telegram's answer was lost`,
    hint: (room) =>
      `Look into the chat. If the last announcement is there: ${call(`telegram unsure ${room} --arrived`)}. If not: ${call(`telegram unsure ${room} --missing`)}, and the bridge sends it again.`,
    which: "With --arrived and --missing, name the room.",
    both: "Either --arrived or --missing.",
    arrived: (room) => `The room "${room}": the announcement counts as arrived. The others go on.`,
    missing: (room) => `The room "${room}": the announcement is sent again.`,
    stopped: "The bridge does not run now; it happens when it is started.",
    failed: (room, why) => `The room "${room}": ${why}. Nothing was changed.`,
  },
  status: {
    bots: "Telegram bots",
    heard: (ago) => `heard ${ago} ago`,
    notHeard: "not heard since the start",
    resting: "set up",
    trouble: (why) => `in the way: ${why}`,
    held: "nothing is sent there now",
    limited: (span) => `Telegram asks to wait for ${span} more`,
    unsure: (room) => `it is not known whether an announcement arrived: ${call(`telegram unsure ${room}`)}`,
  },
  check: {
    title: "Telegram rooms",
    noToken: (bot) => `the bot "${bot}" has no token`,
    failed: (bot, why) => `the bot "${bot}": ${why}`,
    accepted: (bot, name) => `the bot "${bot}" answers: @${name}`,
    throughProxy: (bot) => `the bot "${bot}" goes through its proxy, and nothing past it`,
    webhook: (bot) =>
      `the bot "${bot}" has a webhook: another program uses it, and news of the chats go there. If you know of none, revoke the token with BotFather`,
    roomFine: (room, kind, title) => `the room "${room}": ${kind} "${title}", the bot may post there`,
    roomFailed: (room, why) => `the room "${room}": ${why}`,
    flaw: (room, text) => `the room "${room}": ${text}`,
    moved: (room, chat) =>
      `the room "${room}": the group has become a supergroup. The bridge knows; write the new id into the settings: rooms.${room}.chat: ${chat}`,
    pinAndProbe: (room) =>
      `the room "${room}": a mapping pins posts (pin), and with that right a lost post cannot be looked for by its button (probe). Set the room's probe: off, or take out pin`,
  },
};
