import { closeSync, openSync, writeSync } from "node:fs";
import pino from "pino";
import { AccountName, BotName, MappingName, RoomName, SourceName } from "../model/ids.ts";
import { type EventCode, eventLevels, HashedId, type Level, type Reason, reasons } from "./events.ts";

/**
 * The fields that an event may carry. There is no field for text, and none for an error object: those of libraries
 * carry requests, tokens and messages.
 */
export interface EventFields {
  readonly source?: SourceName;
  readonly room?: RoomName;
  readonly mapping?: MappingName;
  readonly account?: AccountName;
  readonly bot?: BotName;
  readonly id?: HashedId;
  readonly reason?: Reason;
  readonly count?: number;
  readonly attempt?: number;
  readonly bytes?: number;
  /** HTTP status, exit code or port: a number that says how, not what. */
  readonly status?: number;
  /** A duration, ms. */
  readonly ms?: number;
  /** A moment, ms UTC. */
  readonly at?: number;
}

/** Where the bridge says what it does. Nothing but codes, counts, durations, configuration names and hashed ids. */
export interface Logger {
  event(code: EventCode, fields?: EventFields): void;
}

export interface LogTarget {
  write(line: string): void;
}

export interface LogOptions {
  readonly level: Level;
  /** A file, made with mode 0600 and appended to; null: `target`. */
  readonly file: string | null;
  /** stdout, or a test's collector. */
  readonly target: LogTarget;
}

const fits = {
  source: (value) => SourceName.safeParse(value).success,
  room: (value) => RoomName.safeParse(value).success,
  mapping: (value) => MappingName.safeParse(value).success,
  account: (value) => AccountName.safeParse(value).success,
  bot: (value) => BotName.safeParse(value).success,
  id: (value) => HashedId.safeParse(value).success,
  reason: (value) => reasons.some((known) => known === value),
  count: Number.isFinite,
  attempt: Number.isFinite,
  bytes: Number.isFinite,
  status: Number.isFinite,
  ms: Number.isFinite,
  at: Number.isFinite,
} satisfies Record<keyof EventFields, (value: unknown) => boolean>;

/** Only what is listed and fits: what came past the compiler is dropped, not printed. */
function allowed(fields: EventFields): Record<string, unknown> {
  const given = new Map<string, unknown>(Object.entries(fields));
  return Object.fromEntries(
    Object.entries(fits)
      .filter(([key, test]) => given.has(key) && test(given.get(key)))
      .map(([key]) => [key, given.get(key)]),
  );
}

/** A logger of JSON lines. `close` lets the file go. */
export function createLogger(options: LogOptions): Logger & { close(): void } {
  const file = options.file === null ? null : appendTo(options.file);
  const log = pino({ level: options.level, base: null, messageKey: "event" }, file ?? options.target);
  return {
    event: (code, fields = {}) => {
      // Past the compiler too, what is not on the list is no event: it could be a text.
      if (Object.hasOwn(eventLevels, code)) log[eventLevels[code]](allowed(fields), code);
    },
    close: () => file?.close(),
  };
}

/**
 * Lines at the end of a file, each written out before the next. One for which there is no room on the disk is left
 * out: a log must never end what it tells of.
 */
function appendTo(file: string): LogTarget & { close(): void } {
  const handle = openSync(file, "a", 0o600);
  let torn = false;
  return {
    write(line) {
      const bytes = Buffer.from(torn ? `\n${line}` : line);
      try {
        for (let at = 0; at < bytes.length; torn = true) at += writeSync(handle, bytes, at);
        torn = false;
      } catch {
        // As the comment says.
      }
    },
    close: () => closeSync(handle),
  };
}

/** For code that is run without a log. */
export const silent: Logger = { event: () => {} };
