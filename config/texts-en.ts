import { quoted as q, type Texts } from "./texts-shape.ts";

const meant = (nearest: string | null): string => (nearest === null ? "" : ` Did you mean "${nearest}"?`);

/** English. */
export const en: Texts = {
  hints: {
    size: "A size is needed, such as 98 MB or 500 KB.",
    duration: "A duration is needed, such as 20s, 5m, 1h 30m or 7d.",
    silence: "A duration of at least a minute is needed, such as 6h or 2h, or off.",
    time: 'A time in quotes is needed, such as "08:00".',
    silent_hours: 'Hours in quotes are needed, such as "23:00-07:00"; start and end differ.',
    zone: "An IANA time zone is needed, such as Europe/Moscow or Asia/Yekaterinburg.",
    backfill: "0, a number of posts (up to 10000) or a day is needed: since 2026-09-01.",
    channel: "A channel's id is needed: an integer, or text in quotes without spaces.",
    sender: "A sender's id is needed: an integer, or text in quotes without spaces.",
    selector:
      'A hashtag in quotes ("#exam": without quotes YAML takes it for a comment) or { pattern: "…" } is needed.',
    pattern: "This is no JavaScript regular expression. Check brackets and \\; flags may be i, m, s, u, v.",
    origin:
      "An https address (http for localhost and 127.0.0.1 only) without user, ? and # is needed, such as https://feed.example.org/faculty.",
    url: "An https address (http for localhost and 127.0.0.1 only) is needed, such as https://feed.example.org.",
    telegram: "A Telegram channel's link is needed, such as https://t.me/example.",
    telegram_chat:
      "The id of a Telegram channel or group is needed: a negative integer, such as -1001234567890. postern telegram setup finds it out.",
    telegram_topic: "The id of a Telegram topic is needed: a whole number above zero.",
    telegram_user: "A person's id in Telegram is needed: a whole number above zero (not a name with @).",
    proxy: "A proxy's address is needed: http://…, https://… or socks5://host:port.",
    listen: 'Address and port are needed, such as "127.0.0.1:8080", or off.',
    days: "A number of days from 0 to 365 is needed.",
    count: "A whole number above zero (and not too large) is needed.",
    yes_no: "true or false is needed.",
    text: "A text is needed; put it in quotes if it is all digits or YAML signs.",
    title: "A title on one line is needed, up to 100 characters; put it in quotes if it is a number.",
    list: 'A list, not empty, is needed: [one, other] or lines that begin with "- ".',
    group: 'Settings "name: value" are needed here, indented.',
    path: "The path of a file or folder is needed.",
  },
  yaml: {
    DUPLICATE_KEY: "This setting stands above in the same group already. Keep one.",
    TAB_AS_INDENT: "The line is indented with a tab. YAML indents with spaces only.",
    BAD_INDENT:
      "The indentation does not match the lines around it, or a bracket above is not closed. Align it with spaces.",
    BAD_ALIAS: "A reference (*name) leads nowhere, or there are too many. Write the value itself.",
    MULTIPLE_DOCS: "The file holds several documents (a line ---). Keep one.",
    KEY_OF_KEYS:
      "The name of a setting is a group or a list itself here. Begin the line with a plain name and a colon, without ? and brackets.",
    RESOURCE_EXHAUSTION:
      "Lists and groups are nested far too deep. No setting lies deeper than five levels; look for lines that are all brackets, hyphens or question marks.",
    other:
      "The file is not written rightly here. Check indentation, quotes, brackets and colons in this line and above it.",
  },
  what: {
    file_missing: () =>
      "There is no such file. Copy postern.example.yaml to this name and edit it, or name another: --config FILE.",
    file_unreadable: () => "The file cannot be read. Check its permissions and its folder's.",
    file_empty: () => "The file is empty. Begin with a copy of postern.example.yaml.",
    not_utf8: () => "The file is not UTF-8. Save it as UTF-8.",
    unknown_key: (w) =>
      `There is no such setting.${w.nearest === null ? ` Known here: ${w.known.join(", ")}.` : meant(w.nearest)}`,
    missing: () => "This setting is missing. Add it (as in postern.example.yaml).",
    not_one_of: (w) => `${q(w.found, "en")}Possible here: ${w.allowed.join(", ")}.`,
    bad_name: (w) =>
      `${q(w.found, "en")}A name is made of lower-case Latin letters, digits, - and _ (63 at most) and begins with a letter or digit.`,
    unknown_source: (w) => `There is no source "${w.found}" in sources.${meant(w.nearest)}`,
    unknown_room: (w) => `There is no room "${w.found}" in rooms.${meant(w.nearest)}`,
    unknown_account: (w) => `There is no account "${w.found}" in matrix.${meant(w.nearest)}`,
    unknown_bot: (w) => `There is no bot "${w.found}" in telegram.${meant(w.nearest)}`,
    unused_bot: (w) => `No room names the bot "${w.name}" from telegram, so it is not used.`,
    chat_twice: (w) =>
      `The room "${w.room}" leads to the same Telegram chat as "${w.other}": announcements would come there twice, or be taken for one another. Keep one and name it in the rooms of the mappings, or take another channel, or another topic where both are rooms in the clear.`,
    pin_and_probe: (w) =>
      `To pin posts (pin) in the channel "${w.room}" the bot needs the right to edit others' posts, and to look by the button (probe: on) it must not have it. If this is a channel, choose: take out pin, or set the room's probe: off; if it is a group, all is well.`,
    above_telegram: (w) =>
      `The room "${w.room}": Telegram takes files of up to 50 MB. In place of larger ones a line comes, or a link where the mapping has a sealed room. Set 50 MB or less, or run a Bot API server of your own (api_root).`,
    unused_account: (w) => `No room names the account "${w.name}" of matrix, so it is not used.`,
    unused_source: (w) =>
      `No mapping names the source "${w.name}", so nothing is taken from it. Add a mapping.`,
    unused_room: (w) => `No mapping leads to the room "${w.name}". Add it to a mapping's rooms.`,
    nothing_mapped: () => "There are no mappings, so nothing is mirrored. Add one to mappings.",
    name_twice: (w) => `Another mapping has the name "${w.found}" already. Choose another.`,
    channel_not_number: (w) =>
      `"${w.found}": with max-bot a channel's id is an integer, such as -70801090403050.`,
    key_in_folder: (w) =>
      `The key lies inside ${w.folder}: a copy of the folder would open itself. Move the key outside, for example to ./secrets/vault.key.`,
    witness_in_folder: (w) =>
      `The witness lies inside ${w.folder}: put back with the folder, it would notice nothing. Move it outside, for example to ./witness.`,
    data_in_feed: () =>
      "The data folder lies inside the feed's folder, which everybody reads. Put data and feed.folder side by side, or the feed inside the data.",
    monitor_not_local: () =>
      "Others than this machine could reach this address, and it shows the names of rooms and sources. Use 127.0.0.1, or set monitor.allow_remote: true if only your own network leads there.",
    monitor_on_feed: () =>
      "The feed has this address already (feed.listen), and two cannot listen on one. Take another port, for example 127.0.0.1:9464.",
    no_history_edits: (w) =>
      `The room "${w.room}" has history: 0, so the earlier text is not kept. edits: ${w.rule} cannot show what changed; edits will just replace the text. Set history above zero, or edits: replace.`,
    no_history_removals: (w) =>
      `The room "${w.room}" has history: 0, so the text is not kept. removals: ${w.rule} cannot strike it through; the post will be removed. Set history above zero, or removals: remove.`,
    above_sealed: (w) =>
      `The sealed room "${w.room}" carries files up to 98 MB; a line replaces larger ones all the same. Set 98 MB or less.`,
    secret_missing: (w) =>
      `The token is missing. Put it into a file with mode 0600 and name it in ${w.key}, or set the environment variable ${w.variables.join(" or ")}.`,
    secret_twice: (w) => `Both ${w.keys.join(" and ")} are set. Keep one.`,
    secret_unreadable: (w) => `The file ${w.from} cannot be read. Check path and permissions.`,
    secret_empty: (w) => `The file ${w.from} is empty. Put the secret into it, on one line.`,
    secret_malformed: (w) =>
      w.from === "proxy"
        ? "This is no proxy's address: http://…, https://… or socks5://host:port is needed."
        : w.from === "webhook"
          ? "This is no address for notices: https://… is needed (http for localhost and 127.0.0.1 only)."
          : "The token holds spaces or other foreign characters. Only the token itself is needed, without Bearer and quotes.",
    open_to_others: (w) => `Others can read the file ${w.path} (mode ${w.mode}). Run: chmod 600 ${w.path}`,
    ca_unreadable: (w) => `The certificate file ${w.path} cannot be read. Check path and permissions.`,
    ca_not_pem: (w) => `The file ${w.path} holds no PEM certificate ("-----BEGIN CERTIFICATE-----").`,
  },
};
