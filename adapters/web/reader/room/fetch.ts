/** What the room logic needs of the browser, handed in so that tests own it. */
export interface Net {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}

export type Got =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array; readonly partial: boolean }
  /** The place has nothing there (404) or nothing new (416). */
  | { readonly kind: "none" }
  | { readonly kind: "failed" };

/** No byte for so long, and a place counts as frozen, ms. */
const FREEZE = 8_000;

export interface GetOptions {
  readonly largest: number;
  readonly from?: number;
  /** How long the first byte may take, ms. */
  readonly patience?: number;
  readonly signal: AbortSignal;
}

/** Fetches from one place, with nothing that tells it who asks. Never throws. */
export async function get(net: Net, url: string, o: GetOptions): Promise<Got> {
  const frozen = new AbortController();
  let alive = new AbortController();
  const watch = (ms: number): void => {
    alive.abort();
    alive = new AbortController();
    const own = alive.signal;
    void net.sleep(ms, own).then(() => {
      if (!own.aborted) frozen.abort();
    });
  };
  try {
    watch(o.patience ?? FREEZE);
    const answer = await net.fetch(url, {
      cache: "no-store",
      credentials: "omit",
      redirect: "error",
      referrerPolicy: "no-referrer",
      signal: AbortSignal.any([o.signal, frozen.signal]),
      ...(o.from === undefined ? {} : { headers: { range: `bytes=${o.from}-` } }),
    });
    if (answer.status === 404 || answer.status === 416) return { kind: "none" };
    if ((answer.status !== 200 && answer.status !== 206) || answer.body === null) return { kind: "failed" };
    const reader = answer.body.getReader();
    const pieces: Uint8Array[] = [];
    let size = 0;
    for (;;) {
      watch(FREEZE);
      const step = await reader.read();
      if (step.done) break;
      pieces.push(step.value);
      size += step.value.length;
      if (size > o.largest) {
        await reader.cancel();
        return { kind: "failed" };
      }
    }
    const bytes = new Uint8Array(size);
    let at = 0;
    for (const piece of pieces) {
      bytes.set(piece, at);
      at += piece.length;
    }
    return { kind: "bytes", bytes, partial: answer.status === 206 };
  } catch {
    return { kind: "failed" };
  } finally {
    alive.abort();
  }
}
