import type { SourceStop, SourceTrouble } from "../../bridge/model/source.ts";
import type { Lang } from "../../config/config.ts";
import type { OpenProblem } from "../bridge-api.ts";
import type { CareWords } from "./shape-care.ts";
import type { CodeWords } from "./shape-code.ts";
import type { KeyWords } from "./shape-keys.ts";
import type { MatrixWords } from "./shape-matrix.ts";
import type { TelegramWords } from "./shape-telegram.ts";

/** Every code that a source's self-check may give. */
export type FindingCode =
  | SourceTrouble
  | SourceStop
  | "token_accepted"
  | "not_in_channel"
  | "channel_closed"
  | "not_admin"
  | "lacks_read_all_messages"
  | "channel_readable";

/** Everything the commands say. Each language has all of it: the compiler and a test see to that. */
export interface Words {
  readonly lang: Lang;
  readonly help: HelpWords;
  readonly usage: UsageWords;
  readonly room: RoomWords;
  readonly check: CheckWords;
  /** Findings of a source's self-check. */
  readonly findings: Readonly<Record<FindingCode, string>>;
  readonly status: StatusWords;
  readonly reload: ReloadWords;
  readonly keys: KeyWords;
  readonly care: CareWords;
  readonly matrix: MatrixWords;
  readonly telegram: TelegramWords;
  readonly open: Readonly<Record<OpenProblem["code"], (where: string) => string>>;
  /** Millis as the two largest units: "2 дня 3 ч". */
  span(ms: number): string;
}

export interface HelpWords {
  readonly program: string;
  readonly titles: {
    readonly usage: string;
    readonly commands: string;
    readonly options: string;
    readonly globalOptions: string;
    readonly arguments: string;
  };
  /** How the usage line names what may stand there. */
  readonly anyOptions: string;
  readonly aCommand: string;
  readonly config: string;
  readonly lang: string;
  readonly version: string;
  readonly help: string;
  readonly helpCommand: string;
  readonly demo: string;
  readonly demoTelegram: string;
  readonly port: string;
  readonly run: string;
  readonly check: string;
  readonly status: string;
  readonly json: string;
  readonly reload: string;
  readonly room: string;
  readonly init: string;
  readonly printCode: string;
  readonly link: string;
  readonly fromToday: string;
  readonly png: string;
  readonly roomName: string;
}

export interface UsageWords {
  readonly unknownCommand: (name: string, nearest: string | null) => string;
  readonly unknownOption: (name: string, nearest: string | null) => string;
  readonly missingArgument: (name: string) => string;
  readonly missingValue: (option: string) => string;
  readonly tooMany: string;
  readonly badLang: string;
  readonly badPort: string;
  readonly other: string;
  readonly seeHelp: string;
  readonly warning: string;
  readonly configErrors: (count: number, file: string) => string;
  readonly unknownRoom: (name: string, nearest: string | null, known: readonly string[]) => string;
  readonly internal: (code: string) => string;
}

export interface RoomWords extends CodeWords {
  readonly exists: (room: string) => string;
  readonly needsTerminal: string;
  readonly intro: (room: string) => string;
  readonly made: (room: string) => string;
  /** A bridge runs and does not know the new room yet. */
  readonly unserved: string;
  readonly printed: string;
  readonly noKeys: (room: string) => string;
  /** No page address is configured that a link could name. */
  readonly noPage: string;
  readonly localPage: string;
  readonly linkKeep: string;
  readonly linkCarrier: string;
  readonly oneOrigin: string;
  readonly pngMade: (file: string) => string;
  readonly pngExists: (file: string) => string;
  readonly pngFailed: (file: string) => string;
}

export interface CheckWords {
  readonly titles: {
    readonly config: string;
    readonly keys: string;
    readonly rights: string;
    readonly reach: string;
  };
  readonly configFine: (file: string) => string;
  readonly vaultOpens: string;
  readonly noDatabase: string;
  /** Others of this machine may look into the data folder. */
  readonly dataOpen: (folder: string) => string;
  readonly roomKeys: (room: string) => string;
  readonly roomNoKeys: (room: string) => string;
  readonly certificateSoon: (room: string, days: number) => string;
  readonly certificateOver: (room: string) => string;
  /** `channel`: its id; null where the finding is about no channel. */
  readonly source: (source: string, channel: string | null, text: string) => string;
  readonly unknownFinding: (code: string) => string;
  readonly sourceFailed: string;
  /** For real use the page lives elsewhere than the bridge. */
  readonly servedHere: (address: string) => string;
  readonly pageAt: (address: string) => string;
  readonly pageNotHtml: (address: string) => string;
  readonly pageStatus: (address: string, status: number) => string;
  readonly pageFault: (address: string, fault: OriginFault) => string;
  readonly notServed: (folder: string) => string;
  readonly noPage: string;
  readonly noOrigins: (room: string) => string;
  readonly oneOrigin: (room: string) => string;
  readonly originFine: (room: string, origin: string) => string;
  readonly originStale: (room: string, origin: string, age: string) => string;
  /** Nothing was published yet, so nothing can be there. */
  readonly originNotYet: (room: string, origin: string) => string;
  /** It is the bridge's own feed, and the bridge does not run. */
  readonly originResting: (room: string, origin: string) => string;
  readonly originEmpty: (room: string, origin: string) => string;
  readonly originNotFeed: (room: string, origin: string) => string;
  readonly originClosed: (room: string, origin: string) => string;
  readonly originLocal: (room: string, origin: string) => string;
  readonly originStatus: (room: string, origin: string, status: number) => string;
  readonly originFault: (room: string, origin: string, fault: OriginFault) => string;
  readonly fine: string;
  readonly wrong: (count: number) => string;
}

/** Why a place on the web gave no answer. */
export type OriginFault = "unreachable" | "timeout" | "tls" | "redirect";

export interface ReloadWords {
  readonly done: string;
  readonly keyless: (room: string) => string;
  /** Settings that were changed too and count from the next start on. */
  readonly restart: (keys: readonly string[]) => string;
  readonly refused: (count: number, file: string) => string;
  /** No bridge runs on the data folder. */
  readonly none: (folder: string) => string;
  /** It is about to start and cannot reload yet. */
  readonly starting: string;
  /** Another data folder is another bridge. */
  readonly otherData: string;
  readonly unreadable: string;
  readonly port: (address: string, taken: boolean) => string;
}

export interface StatusWords {
  readonly running: string;
  readonly stopped: string;
  readonly sources: string;
  readonly rooms: string;
  readonly read: (ago: string) => string;
  readonly neverRead: string;
  readonly trouble: (text: string) => string;
  readonly troubles: Readonly<Record<SourceTrouble | SourceStop, string>>;
  readonly noKeys: string;
  readonly empty: string;
  readonly queued: (count: number) => string;
  /** `why`: what the last try failed by; null: not known. */
  readonly head: (waiting: string, attempts: number, why: string | null, due: string | null) => string;
  readonly dead: (count: number) => string;
  /** Over what the rep was told of and lasts. */
  readonly known: string;
  readonly unmatched: (count: number) => string;
}
