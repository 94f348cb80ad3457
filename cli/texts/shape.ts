import type { Lang } from "../../config/config.ts";
import type { OpenProblem } from "../bridge-api.ts";

/** A finding of a source's self-check, in plain words; `channel` and `detail` as the source gave them. */
export type FindingWords = (about: {
  readonly channel: string;
  readonly detail: (key: string) => string;
}) => string;

/** Everything the commands say. Each language has all of it: the compiler and a test see to that. */
export interface Words {
  readonly lang: Lang;
  readonly help: HelpWords;
  readonly usage: UsageWords;
  readonly room: RoomWords;
  readonly check: CheckWords;
  readonly findings: Readonly<Record<string, FindingWords>>;
  readonly status: StatusWords;
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
    readonly arguments: string;
  };
  readonly config: string;
  readonly lang: string;
  readonly version: string;
  readonly help: string;
  readonly helpCommand: string;
  readonly demo: string;
  readonly run: string;
  readonly check: string;
  readonly status: string;
  readonly json: string;
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
  readonly other: string;
  readonly seeHelp: string;
  readonly warning: string;
  readonly configErrors: (count: number, file: string) => string;
  readonly unknownRoom: (name: string, nearest: string | null, known: readonly string[]) => string;
  readonly internal: (code: string) => string;
}

export interface RoomWords {
  readonly exists: (room: string) => string;
  readonly needsTerminal: string;
  readonly intro: (room: string) => string;
  readonly which: string;
  readonly fresh: string;
  readonly reuse: string;
  readonly typeCode: string;
  readonly showing: string;
  readonly written: string;
  readonly notWritten: string;
  readonly askBack: (places: readonly number[]) => string;
  readonly wrongBack: (left: number) => string;
  readonly failed: string;
  readonly cancelled: string;
  readonly made: (room: string) => string;
  readonly printed: string;
  readonly codeLength: (words: number) => string;
  readonly codeWord: (place: number, word: string, nearest: string | null) => string;
  readonly codeChecksum: string;
  readonly noKeys: (room: string) => string;
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
  readonly roomKeys: (room: string) => string;
  readonly roomNoKeys: (room: string) => string;
  readonly certificateSoon: (room: string, days: number) => string;
  readonly certificateOver: (room: string) => string;
  readonly source: (source: string, text: string) => string;
  readonly unknownFinding: (code: string) => string;
  readonly sourceFailed: string;
  readonly servedHere: (address: string) => string;
  readonly notServed: (folder: string) => string;
  readonly noOrigins: (room: string) => string;
  readonly oneOrigin: (room: string) => string;
  readonly originFine: (room: string, origin: string) => string;
  readonly originEmpty: (room: string, origin: string) => string;
  readonly originNotFeed: (room: string, origin: string) => string;
  readonly originStatus: (room: string, origin: string, status: number) => string;
  readonly originFault: (room: string, origin: string, fault: OriginFault) => string;
  readonly fine: string;
  readonly wrong: (count: number) => string;
}

/** Why an origin gave no answer. */
export type OriginFault = "unreachable" | "timeout" | "tls" | "redirect";

export interface StatusWords {
  readonly running: string;
  readonly stopped: string;
  readonly sources: string;
  readonly rooms: string;
  readonly read: (ago: string) => string;
  readonly neverRead: string;
  readonly trouble: (text: string) => string;
  readonly troubles: Readonly<Record<string, string>>;
  readonly empty: string;
  readonly queued: (count: number) => string;
  readonly head: (waiting: string, attempts: number, due: string | null) => string;
  readonly dead: (count: number) => string;
  readonly unmatched: (count: number) => string;
}
