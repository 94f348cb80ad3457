import type { LogView } from "../../bridge/seal/carrier.ts";
import { CERT_LENGTH } from "../../bridge/seal/cert.ts";
import { chainNumber, order, type Place } from "../../bridge/seal/restart-rules.ts";
import type { LogRow } from "../../bridge/store/seal.ts";

/** Records that one message carries at most: about a megabyte. */
const MANY = 32;
/** Where the serial stands in a certificate. */
const SERIAL_AT = 36;

/** What one message carries: records of one certificate, in order. */
export interface Bundle {
  readonly records: readonly [LogRow, ...LogRow[]];
  /** The record that the button names. */
  readonly shown: LogRow;
  /** Where copying goes on after it. */
  readonly next: Place;
  /** Whether it brings something new to read: then the chat may ring. */
  readonly news: boolean;
}

/**
 * Cuts what follows `from` into messages. A post stands alone, with the infos before it at its front; infos alone make
 * no message but where a chain begins. What is not newer than `old` was there before the chat: it is put together, and
 * rings for nobody.
 */
export function* bundlesOf(log: LogView, from: Place, old: Place | null): Generator<Bundle> {
  let held: LogRow[] = [];
  const cut = (): Bundle | null => {
    const [first, ...others] = held;
    if (first === undefined) return null;
    const last = others.at(-1) ?? first;
    const shown = held.findLast((row) => !log.isInfo(row)) ?? last;
    const news = !log.isInfo(shown) && (old === null || order(shown, old) > 0);
    held = [];
    const { serial, restart, seq } = last;
    return { records: [first, ...others], shown, next: { serial, restart, seq: seq + 1 }, news };
  };
  const whole = (row: LogRow): boolean => {
    if (held.length >= MANY) return true;
    const before = old === null ? 1 : order(row, old);
    return before < 0 ? false : before === 0 || row.seq === 0 || !log.isInfo(row);
  };

  for (const chain of log.chains) {
    if (chainNumber(chain) < chainNumber(from)) continue;
    if (held.some((row) => row.serial !== chain.serial)) {
      const before = cut();
      if (before !== null) yield before;
    }
    const begun = chainNumber(chain) === chainNumber(from) ? from.seq : 0;
    for (let seq = Math.max(chain.first, begun); seq <= chain.last; ) {
      const rows = log.records(chain.serial, chain.restart, seq, MANY);
      for (const row of rows) {
        held.push(row);
        const one = whole(row) ? cut() : null;
        if (one !== null) yield one;
        seq = row.seq + 1;
      }
      // What was there a moment ago has left the room's window.
      if (rows.length === 0) break;
    }
  }
  if (!held.every((row) => log.isInfo(row))) {
    const rest = cut();
    if (rest !== null) yield rest;
  }
}

/** The newest record of a log; null: there is none. */
export function newestOf(log: LogView): Place | null {
  const chain = log.chains.at(-1);
  return chain === undefined ? null : { serial: chain.serial, restart: chain.restart, seq: chain.last };
}

/** The certificate of a serial. A log that has none of it is a bug. */
export function certificateOf(log: LogView, serial: number): Uint8Array {
  for (let at = 0; at < log.certs.length; at += CERT_LENGTH) {
    const cert = log.certs.subarray(at, at + CERT_LENGTH);
    if ((cert[SERIAL_AT] ?? 0) * 256 + (cert[SERIAL_AT + 1] ?? 0) === serial) return cert;
  }
  throw new Error("a record without its certificate");
}
