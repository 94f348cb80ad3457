import type { Clock } from "../../../bridge/model/effects.ts";

/** Limits for one address; what is asked beyond them is refused with 429. */
export interface AddressLimits {
  readonly requestsPerMinute: number;
  /** Held `head` requests and running file transfers at the same time. */
  readonly streams: number;
}

/** Most addresses remembered at once; beyond that the oldest are forgotten. */
const REMEMBERED = 50_000;

interface Entry {
  tokens: number;
  at: number;
  streams: number;
}

/**
 * Counts requests per address in memory only: nothing of it is logged or stored, and an address is forgotten when
 * its allowance is full again.
 */
export function createLimiter(limits: AddressLimits, clock: Clock) {
  const entries = new Map<string, Entry>();
  const rate = limits.requestsPerMinute / 60_000;

  const entry = (address: string): Entry => {
    const now = clock.now();
    const found = entries.get(address) ?? { tokens: limits.requestsPerMinute, at: now, streams: 0 };
    found.tokens = Math.min(limits.requestsPerMinute, found.tokens + Math.max(0, now - found.at) * rate);
    found.at = now;
    entries.delete(address);
    entries.set(address, found);
    if (entries.size > REMEMBERED)
      for (const [oldest, e] of entries) {
        if (e.streams === 0) entries.delete(oldest);
        break;
      }
    return found;
  };

  return {
    /** Takes one request; 0 when it may pass, else the seconds to wait. */
    take(address: string): number {
      const e = entry(network(address));
      if (e.tokens < 1) return Math.ceil((1 - e.tokens) / rate / 1000);
      e.tokens--;
      return 0;
    },
    /** Opens a stream; null when the address has too many. The returned function closes it, once. */
    stream(address: string): (() => void) | null {
      const key = network(address);
      const e = entry(key);
      if (e.streams >= limits.streams) return null;
      e.streams++;
      let open = true;
      return () => {
        if (open) e.streams--;
        open = false;
      };
    },
    /** Forgets addresses whose allowance is full again. */
    forget() {
      const now = clock.now();
      for (const [address, e] of entries)
        if (e.streams === 0 && e.tokens + (now - e.at) * rate >= limits.requestsPerMinute)
          entries.delete(address);
    },
  };
}

/** An IPv6 client owns its /64: the whole network counts as one address. */
function network(address: string): string {
  if (!address.includes(":") || address.startsWith("::ffff:")) return address;
  const [head = "", tail] = address.split("::");
  const left = head.split(":").filter((g) => g !== "");
  if (tail === undefined) return left.slice(0, 4).join(":");
  const right = tail.split(":").filter((g) => g !== "");
  const zeros = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => "0");
  return [...left, ...zeros, ...right].slice(0, 4).join(":");
}
