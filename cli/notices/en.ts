import { call } from "../texts/call.ts";
import { because, type NoticeWords, type Wait } from "./shape.ts";

/** Notices in English. */
export const en: NoticeWords = {
  source_stopped: {
    trouble: (n) =>
      `The source "${n.source}" is no longer read${because(n.why)}. Its new announcements will not come until this is mended; then restart the bridge.`,
    back: (n) => `The source "${n.source}" is read again. What was missed will come to the rooms.`,
  },
  source_denied: {
    trouble: (n) =>
      `The source "${n.source}": one of its channels is closed to the bot. Its announcements will not come; other channels are read. Make the bot an administrator that may read all messages. More: ${call("check")}`,
    back: (n) => `The source "${n.source}": all its channels are read again.`,
  },
  source_blind: {
    trouble: (n) =>
      `The source "${n.source}" has not been read for ${n.span}${because(n.why)}. Announcements wait there and will come later. Check the network: ${call("check")}`,
    back: (n) =>
      `The source "${n.source}" is read again. The gap lasted ${n.span}; what was missed will come to the rooms.`,
  },
  vanished: {
    trouble: (n) =>
      `The source "${n.source}": many posts vanished at once (${n.count}). Nothing was removed from the rooms: this looks like lost access. If they really were removed, nothing needs to be done.`,
    back: null,
  },
  carrier_failed: {
    trouble: (n) =>
      n.bot === ""
        ? `The room "${n.room}" could not be written to the feed for ${n.span}. Announcements are kept and will appear when writing works again. Check the feed's folder, its rights and the free space.`
        : `The log of the room "${n.room}" has not got into its Telegram channel for ${n.span}${because(n.why)}. The announcements are kept and appear there once that is set right; the feed and other rooms go on. More: ${call("check")}`,
    back: (n) =>
      n.bot === ""
        ? `The room "${n.room}" is written to the feed again. Nothing is lost.`
        : `The log of the room "${n.room}" gets into its Telegram channel again. Nothing is lost.`,
  },
  dead_letters: {
    trouble: (n) =>
      `Announcements that the room "${n.room}" did not take: ${n.count}. Others go on. To see them and try again: ${call("dead")}`,
    back: (n) => `The room "${n.room}": no announcement is left that it did not take.`,
  },
  disk_low: {
    trouble: () =>
      "Little room is left on the disk. Announcements are mirrored for now. Free some space, or the bridge will stop reading new ones.",
    back: () => "There is enough room on the disk again.",
  },
  disk_full: {
    trouble: () =>
      "There is no room on the disk. New announcements are not read, but are not lost: they wait in the sources. Free some space, and the bridge goes on by itself.",
    back: () => "There is room on the disk: announcements are read again.",
  },
  spool_full: {
    trouble: () =>
      `Files on their way take all the space that they may (disk.spool_max). Texts are mirrored, new files wait. See whether a room stands still: ${call("status")}`,
    back: () => "Files are fetched again.",
  },
  certificate_ends: {
    trouble: (n) =>
      `The room "${n.room}" will work for ${n.count} more days (its certificate ends). Renew it, with the recovery code: ${call(`room certify ${n.room}`)}`,
    back: (n) => `The certificate of the room "${n.room}" was renewed.`,
  },
  certificate_over: {
    trouble: (n) =>
      `The certificate of the room "${n.room}" has ended: readers accept no new announcements until it is renewed. The recovery code is needed: ${call(`room certify ${n.room}`)}`,
    back: (n) => `The certificate of the room "${n.room}" is in force again.`,
  },
  new_chain: {
    trouble: (n) =>
      `The room "${n.room}" begins a new chain: the database is older than what was published. Links stay valid. If you restored no copy, look after the machine.`,
    back: null,
  },
  room_halted: {
    trouble: (n) =>
      `Nothing more is written to the room "${n.room}": readers were shown what this database does not know. Announcements wait in the queue. The recovery code is needed: ${call(`room certify ${n.room}`)}`,
    back: (n) => `The room "${n.room}" is written to again.`,
  },
  origins_silent: {
    trouble: (n) =>
      `None of the places of the room "${n.room}" (origins) answers. The bridge waits up to ten minutes so that nothing is published twice, and then goes on by itself.`,
    back: null,
  },
  account_out: {
    trouble: (n) =>
      `The bridge cannot work with the account "${n.account}"${because(n.why)}. Announcements for its rooms wait in the queue. ${n.reopened ? "The bridge tries again each minute; no login is needed." : `Log in: ${call(`matrix login ${n.account}`)}`}`,
    back: (n) => `The bridge works with the account "${n.account}" again. What waited comes to the rooms.`,
  },
  account_silent: {
    trouble: (n) =>
      `The server of the account "${n.account}" has not answered for ${n.span}${because(n.why)}. Announcements for its rooms wait in the queue and will come later. Check: ${call("check")}`,
    back: (n) => `The server of the account "${n.account}" answers again. What waited comes to the rooms.`,
  },
  account_unsigned: {
    trouble: (n) =>
      `The bridge's device in the account "${n.account}" is not confirmed by its owner. Announcements are sent, encrypted, but people's programs warn of it and some refuse it. Log in again: ${call(`matrix login ${n.account}`)}`,
    back: (n) => `The bridge's device in the account "${n.account}" is confirmed.`,
  },
  bot_out: {
    trouble: (n) =>
      `Telegram does not accept the token of the bot "${n.bot}": it was revoked, or is written wrongly. Announcements for the bot's rooms wait in the queue. Get a new token from BotFather and restart the bridge. If it was not you who revoked it, somebody else may hold it.`,
    back: (n) => `Telegram accepts the token of the bot "${n.bot}" again. What waited comes to the rooms.`,
  },
  bot_shared: {
    trouble: (n) =>
      `Another program uses the bot "${n.bot}" at the same time (or a webhook is set). Announcements are sent, but the bridge does not learn of changes in the chats and gives no answers in private. Stop the other program; if you know of none, somebody else holds the token: revoke it with BotFather.`,
    back: (n) => `The bridge alone uses the bot "${n.bot}" again.`,
  },
  bot_silent: {
    trouble: (n) =>
      `Telegram could not be reached for ${n.span} (bot "${n.bot}")${because(n.why)}. Announcements for its rooms wait in the queue and will come later. Check network and proxy: ${call("check")}`,
    back: (n) => `Telegram answers the bot "${n.bot}" again. What waited comes to the rooms.`,
  },
  unsure: {
    trouble: (n) =>
      `The room "${n.room}": it is not known whether an announcement arrived (Telegram's answer was lost), and those after it wait. Look into the chat and answer: ${call(`telegram unsure ${n.room}`)}`,
    back: (n) => `The room "${n.room}": announcements go on.`,
  },
  astray: {
    trouble: (n) =>
      `The room "${n.room}": looking for a post whose answer was lost, the bridge changed the button of another post and put it back at once. Announcements are sent, nothing is lost. If the bot may edit others' posts, take that right away or set probe: off. More: ${call("check")}`,
    back: null,
  },
  may_not_pin: {
    trouble: (n) =>
      `The room "${n.room}": the bot is not allowed to pin a post. Announcements are sent, but not pinned. Give the bot the right to pin (in a channel that is the right to edit others' messages) or take pin out of the mapping. More: ${call("check")}`,
    back: (n) => `The room "${n.room}": posts are pinned again.`,
  },
  room_held: {
    trouble: (n) =>
      `Nothing is sent to the room "${n.room}"${because(n.why)}. Its announcements wait in the queue. Set it right ${n.bot === "" ? "on the server" : "in Telegram"}, and the bridge goes on by itself; more: ${call("check")}`,
    back: (n) => `Announcements go to the room "${n.room}" again.`,
  },
  room_waiting: {
    trouble: (n) =>
      `Nothing could be sent to the room "${n.room}" for ${n.span}${because(n.why)}. Its announcements wait in the queue, ${n.bot === "" ? "none is lost, and nothing goes out unencrypted" : "and none is lost"}. The bridge tries again; check: ${call("check")}`,
    back: (n) => `Announcements for the room "${n.room}" are no longer held up.`,
  },
  room_moved: {
    trouble: (n) =>
      n.bot !== ""
        ? `The group of the room "${n.room}" has become a supergroup, with another id. The bridge has noted it, and announcements go there. Write it into the settings when it suits you; it is shown by ${call("check")}`
        : `The room "${n.room}" was replaced by another on the server, and the bridge has moved there. Announcements go there. If it was not you who replaced it, look at it: ${call("check")}`,
    back: null,
  },
  bridge_failed: {
    trouble: () =>
      "The bridge stopped because of a fault (the disk, or a bug). What was accepted is kept. Check the free space and start it again; if it happens again, report the code in the log.",
    back: null,
  },
  route_failed: {
    trouble: (n) => `Notices do not arrive by this way: ${n.route}. Try it: ${call("notices test")}`,
    back: (n) => `Notices arrive by this way again: ${n.route}.`,
  },
  test: {
    trouble: () => "This is a test: notices of the bridge arrive here. Nothing needs to be done.",
    back: null,
  },
};

/** Why a room waits, in English. */
export const waitsEn: Readonly<Record<Wait, string>> = {
  no_room: "it was not made on the server yet, or what the server says of it cannot be learned",
  keys: "the keys cannot be brought to those in it",
  keys_changed: "its keys changed while it is not known whether the last announcement arrived",
  limited: "the server asks to wait",
  may_not_post: "the server does not let the bridge's account post there",
  account_closed: "the server has closed or locked the bridge's account",
  logged_out: "the server has logged the bridge's account out",
  server_refuses: "the server refuses, or something in front of it does",
  conflict: "another program uses the bot",
  unsure: "it is not known whether the last announcement arrived",
  rejected: "the server does not take what it is asked",
  internal: "a fault of the bridge, or of its disk",
};
