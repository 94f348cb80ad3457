import type { AccountName, BotName, Millis, RoomName, SourceName } from "../bridge/model/ids.ts";
import type { Mapping, RoomTiming } from "../bridge/model/mapping.ts";
import type { Listen } from "./addresses.ts";
import type { Secret } from "./secret.ts";

/** What postern.yaml, the environment and the secret files come to. Paths are absolute, sizes bytes, times ms. */
export interface Config {
  /** The file it was read from. */
  readonly file: string;
  readonly lang: Lang;
  /** Folder for database, spool and state. */
  readonly data: string;
  /** The file that remembers how far rooms were shown; null: where Postern keeps a key of its own making. */
  readonly witness: string | null;
  readonly vault: { readonly keyFile: string | null; readonly passphrase: boolean };
  readonly sources: ReadonlyMap<SourceName, SourceConfig>;
  /** Accounts with Matrix servers. */
  readonly matrix: ReadonlyMap<AccountName, AccountConfig>;
  /** Telegram bots. */
  readonly telegram: ReadonlyMap<BotName, BotConfig>;
  readonly rooms: ReadonlyMap<RoomName, RoomConfig>;
  /** In the order written: the first that matches decides for a room. */
  readonly mappings: readonly Mapping[];
  readonly feed: FeedConfig;
  readonly notices: NoticesConfig;
  readonly disk: {
    /** Bytes above which nothing more is fetched. */
    readonly spoolMax: number;
    /** Free bytes below which nothing more is read. */
    readonly keepFree: number;
  };
  /** null: nothing listens. */
  readonly monitor: { readonly listen: Listen };
  readonly log: { readonly level: LogLevel; readonly file: string | null };
}

export type Lang = "ru" | "en";
export type LogLevel = "trace" | "debug" | "info" | "warn" | "error";

export interface SourceConfig {
  readonly name: SourceName;
  readonly type: "max-bot";
  readonly token: Secret;
  /** Without a closing slash. */
  readonly baseUrl: string;
  readonly caFile: string | null;
  /** http, https or socks5; may hold a password. */
  readonly proxy: Secret | null;
  readonly media: { readonly atOnce: number; readonly deadline: Millis };
  /** How far back reconciling reaches. */
  readonly reach: Millis;
}

export interface AccountConfig {
  readonly name: AccountName;
  /** Without a closing slash. */
  readonly baseUrl: string;
  readonly deviceName: string;
  readonly caFile: string | null;
  /** http, https or socks5; may hold a password. */
  readonly proxy: Secret | null;
  readonly deadlines: { readonly call: Millis; readonly file: Millis };
}

export interface BotConfig {
  readonly name: BotName;
  readonly token: Secret;
  /** http, https or socks5; may hold a password. */
  readonly proxy: Secret | null;
  readonly caFile: string | null;
  /** Without a closing slash. */
  readonly apiRoot: string;
  readonly deadlines: { readonly call: Millis; readonly file: Millis };
  /** Ids of those whom it answers in private. */
  readonly admins: readonly number[];
}

/** A place in Telegram. */
export interface TelegramPlace {
  readonly bot: BotName;
  /** As Telegram's Bot API writes it. */
  readonly chat: number;
  /** null: the whole chat. */
  readonly topic: number | null;
}

interface AnyRoom {
  readonly name: RoomName;
  readonly title: string;
  /** Days; 0: nothing is kept. */
  readonly history: number;
  readonly lang: Lang;
  /** IANA name. */
  readonly zone: string;
  readonly timing: RoomTiming;
}

export interface SealedRoomConfig extends AnyRoom {
  readonly type: "sealed";
  /** As links and infos write them: without scheme. Empty: the page's own folder. */
  readonly origins: readonly string[];
  readonly welcome: string | null;
  /** The Telegram channel that carries the log. */
  readonly telegram: string | null;
  /** Where a bot puts the log; null: nowhere. */
  readonly carrier: TelegramPlace | null;
}

export interface MatrixRoomConfig extends AnyRoom {
  readonly type: "matrix";
  readonly account: AccountName;
  readonly topic: string | null;
  readonly historyVisibility: "shared" | "invited" | "joined";
  /** `strict`: keys go to devices alone that their owners have confirmed. */
  readonly trust: "all" | "strict";
  /** Whether those who join later get a digest of the last `history` days. */
  readonly digest: boolean;
}

export interface TelegramRoomConfig extends AnyRoom, TelegramPlace {
  readonly type: "telegram";
  /** Whether a post on its own gets a button by which it is found again. */
  readonly probe: boolean;
  /** What is done where it cannot be found out whether something arrived. */
  readonly unsure: "resend" | "hold";
}

export type RoomConfig = SealedRoomConfig | MatrixRoomConfig | TelegramRoomConfig;

export interface FeedConfig {
  /** null: not served, only written. Port 0: any free one. */
  readonly listen: Listen;
  /** Where readers open the page, without a closing slash; null: where it listens. */
  readonly publicUrl: string | null;
  readonly folder: string;
  /** Whether the reader page is served beside the log. */
  readonly reader: boolean;
  /** Per address. */
  readonly limits: { readonly requestsPerMinute: number; readonly streams: number };
  /** The header that tells a reader's address; null: the connection's own. */
  readonly trustProxy: "x-forwarded-for" | "x-real-ip" | null;
}

/** Ways to the rep besides the log. */
export interface NoticesConfig {
  readonly command: readonly [string, ...string[]] | null;
  /** May hold a token. */
  readonly webhook: Secret | null;
  readonly webhookSecret: Secret | null;
  /** How long what may pass by itself must last before it is told. */
  readonly after: Millis;
}
