import path from "node:path";
import {
  AccountName,
  BotName,
  ChannelId,
  MappingName,
  RoomName,
  SenderId,
  SourceName,
} from "../bridge/model/ids.ts";
import type { Mapping } from "../bridge/model/mapping.ts";
import type {
  AccountConfig,
  BotConfig,
  Config,
  Lang,
  RoomConfig,
  SourceConfig,
  TelegramPlace,
} from "./config.ts";
import { midnight } from "./human.ts";
import type { Written } from "./schema.ts";
import { Secret } from "./secret.ts";
import type { AccountSecrets, BotSecrets, NoticeSecrets, SourceSecrets } from "./secrets.ts";

/** From what was written and passed all checks to what the bridge works with. Nothing can fail here. */

type WrittenMapping = Written["mappings"][number];
type WrittenRoom = Written["rooms"][RoomName];
type WrittenAccount = Written["matrix"][AccountName];
type WrittenPlace = Extract<WrittenRoom, { type: "telegram" }>;
type WrittenBot = Written["telegram"][BotName];
type WrittenSource = Written["sources"][SourceName];

function backfill(written: WrittenMapping["backfill"], zone: string): Mapping["backfill"] {
  if ("since" in written) return { kind: "since", at: midnight(written.since, zone) };
  return written.count === 0 ? { kind: "none" } : { kind: "count", count: written.count };
}

const unique = <T>(values: readonly T[]): readonly T[] => [...new Set(values)];

type WrittenSilence = Written["silence"];

/** A mapping's own time comes first, then that for mappings with urgent announcements. */
function silence(written: WrittenMapping, all: WrittenSilence): Pick<Mapping, "silence"> {
  const { after } = written.silence ?? (written.urgent.length > 0 ? all.urgent_after : all.after);
  return after === null ? {} : { silence: after };
}

function mapping(written: WrittenMapping, index: number, all: WrittenSilence): Mapping {
  return {
    name: written.name ?? MappingName.parse(`mapping-${index + 1}`),
    source: written.source,
    channel: ChannelId.parse(written.channel),
    rooms: unique(written.rooms),
    senders: unique(written.senders.map((sender) => SenderId.parse(sender))),
    include: written.include,
    exclude: written.exclude,
    urgent: written.urgent,
    pin: written.pin,
    attachments: unique(written.attachments),
    largestFile: written.largest_file,
    edits: written.edits,
    removals: written.removals,
    timezone: written.timezone,
    ...silence(written, all),
    backfill: backfill(written.backfill, written.timezone),
  };
}

const placeOf = ({ bot, chat, topic }: Pick<WrittenPlace, "bot" | "chat" | "topic">): TelegramPlace => ({
  bot,
  chat,
  topic: topic ?? null,
});

function room(name: RoomName, written: WrittenRoom, lang: Lang): RoomConfig {
  const { title, history, zone } = written;
  const timing = {
    slots: unique(written.timing.slots).toSorted((a, b) => a - b),
    jitter: written.timing.jitter,
    silentHours: written.timing.silent_hours ?? null,
  };
  const any = { name, title, history, lang: written.lang ?? lang, zone, timing };
  if (written.type === "matrix")
    return {
      ...any,
      type: "matrix",
      account: written.account,
      topic: written.topic ?? null,
      historyVisibility: written.history_visibility ?? (history > 0 ? "shared" : "joined"),
      trust: written.trust,
      digest: written.digest,
    };
  if (written.type === "telegram")
    return {
      ...any,
      type: "telegram",
      ...placeOf(written),
      probe: written.probe === "on",
      unsure: written.unsure,
    };
  return {
    ...any,
    type: "sealed",
    origins: unique(written.origins),
    welcome: written.welcome ?? null,
    telegram: written.telegram ?? null,
    carrier: written.carrier === undefined ? null : placeOf(written.carrier),
  };
}

function account(
  name: AccountName,
  written: WrittenAccount,
  base: string,
  secrets?: AccountSecrets,
): AccountConfig {
  return {
    name,
    baseUrl: written.base_url,
    deviceName: written.device_name,
    caFile: written.ca_file === undefined ? null : path.resolve(base, written.ca_file),
    proxy: secrets?.proxy ?? null,
    deadlines: { call: written.deadlines.call, file: written.deadlines.file },
  };
}

function bot(name: BotName, written: WrittenBot, base: string, secrets?: BotSecrets): BotConfig {
  return {
    name,
    // Empty only for commands that need no tokens (see LoadOptions.secrets).
    token: secrets?.token ?? new Secret(""),
    proxy: secrets?.proxy ?? null,
    caFile: written.ca_file === undefined ? null : path.resolve(base, written.ca_file),
    apiRoot: written.api_root,
    deadlines: { call: written.deadlines.call, file: written.deadlines.file },
    admins: unique(written.admins),
  };
}

function source(
  name: SourceName,
  written: WrittenSource,
  base: string,
  secrets?: SourceSecrets,
): SourceConfig {
  return {
    name,
    type: written.type,
    // Empty only for commands that read no source (see LoadOptions.secrets).
    token: secrets?.token ?? new Secret(""),
    baseUrl: written.base_url,
    caFile: written.ca_file === undefined ? null : path.resolve(base, written.ca_file),
    proxy: secrets?.proxy ?? null,
    media: { atOnce: written.media.at_once, deadline: written.media.deadline },
    reach: written.reach,
  };
}

/** The keys of a record with branded keys, still branded. */
function entries<K extends string, V>(record: Record<K, V>, brand: { parse(key: string): K }): [K, V][] {
  return Object.keys(record).map((key) => {
    const name = brand.parse(key);
    return [name, record[name]];
  });
}

export interface BuildInput {
  readonly file: string;
  readonly written: Written;
  readonly secrets: ReadonlyMap<string, SourceSecrets>;
  readonly accounts: ReadonlyMap<string, AccountSecrets>;
  readonly bots: ReadonlyMap<string, BotSecrets>;
  readonly notices: NoticeSecrets;
}

/** Relative paths are taken from the folder of the file. */
export function build({ file, written, secrets, accounts, bots, notices }: BuildInput): Config {
  const base = path.dirname(file);
  const at = (relative: string): string => path.resolve(base, relative);
  const data = at(written.data);
  const { vault, feed, log, disk, monitor } = written;
  // Where no room is sealed there is nothing that a feed could serve.
  const sealed = Object.values(written.rooms).some((one) => one.type === "sealed");
  const served = sealed || Object.keys(written.rooms).length === 0;
  const [program, ...args] = written.notices.command ?? [];
  return {
    file,
    lang: written.lang,
    data,
    witness: written.witness === undefined ? null : at(written.witness),
    vault: {
      keyFile: vault.key_file === undefined ? null : at(vault.key_file),
      passphrase: vault.passphrase,
    },
    sources: new Map(
      entries(written.sources, SourceName).map(([name, one]) => [
        name,
        source(name, one, base, secrets.get(name)),
      ]),
    ),
    matrix: new Map(
      entries(written.matrix, AccountName).map(([name, one]) => [
        name,
        account(name, one, base, accounts.get(name)),
      ]),
    ),
    telegram: new Map(
      entries(written.telegram, BotName).map(([name, one]) => [name, bot(name, one, base, bots.get(name))]),
    ),
    rooms: new Map(
      entries(written.rooms, RoomName).map(([name, one]) => [name, room(name, one, written.lang)]),
    ),
    mappings: written.mappings.map((one, index) => mapping(one, index, written.silence)),
    feed: {
      listen: served ? feed.listen.at : null,
      publicUrl: feed.public_url ?? null,
      folder: feed.folder === undefined ? path.join(data, "feed") : at(feed.folder),
      reader: feed.reader,
      limits: { requestsPerMinute: feed.limits.requests_per_minute, streams: feed.limits.streams },
      trustProxy: feed.trust_proxy === "none" ? null : feed.trust_proxy,
    },
    notices: {
      command: program === undefined ? null : [program, ...args],
      webhook: notices.webhook,
      webhookSecret: notices.secret,
      after: written.notices.after,
    },
    disk: { spoolMax: disk.spool_max, keepFree: disk.keep_free },
    monitor: { listen: monitor.listen.at },
    log: { level: log.level, file: log.file === undefined ? null : at(log.file) },
  };
}
