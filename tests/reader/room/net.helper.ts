import { vi } from "vitest";
import { createApp } from "../../../adapters/web/reader/room/app.ts";
import { memoryStorage, type Storage } from "../../../adapters/web/reader/room/storage.ts";
import type { RoomView } from "../../../adapters/web/reader/view.ts";
import { HandClock } from "../../hand-clock.helper.ts";
import { textsOf } from "./book.helper.ts";
import { type Chain, NOW, type RoomWriter } from "./writer.helper.ts";

/** What was asked of a host: the path, and the start of the range where one was asked. */
export interface Asked {
  readonly path: string;
  readonly from: number | null;
  readonly init: RequestInit;
}

type Trouble = "none" | "down" | "frozen" | "frozen-midway" | "error";

/** One place that keeps rooms: a static tree, with or without ranges and held questions. */
export class Host {
  readonly files = new Map<string, Uint8Array>();
  readonly asked: Asked[] = [];
  trouble: Trouble = "none";
  ranges = true;
  holds = true;
  #waiting: (() => void)[] = [];

  get paths(): readonly string[] {
    return this.asked.map((a) => a.path);
  }
  /** Puts a room's tree here, as its bridge would. `first`: the first seq kept of the last chain. */
  put(
    w: RoomWriter,
    o: { chains?: readonly Chain[]; first?: number; made?: number; seen?: number; upTo?: number } = {},
  ): void {
    const chains = o.chains ?? w.chains;
    const last = chains.at(-1);
    this.files.set(`${w.id}/cert`, new Uint8Array(Buffer.concat(w.certs)));
    for (const chain of chains) {
      const records = chain.records.slice(0, chain === last && o.upTo !== undefined ? o.upTo : undefined);
      for (let n = 0; n * 16 < records.length; n++) {
        const place = `${w.id}/s/${chain.serial}.${chain.restart}/${n}`;
        if (chain === last && n * 16 < (o.first ?? 0)) this.files.delete(place);
        else this.files.set(place, new Uint8Array(Buffer.concat(records.slice(n * 16, n * 16 + 16))));
      }
    }
    if (last === undefined) return;
    const { first = 0, made = NOW - 60, seen = made - 30, upTo = last.records.length } = o;
    this.files.set(`${w.id}/head`, last.head({ first, made, seen, seq: upTo - 1 }));
    for (const wake of this.#waiting.splice(0)) wake();
  }
  async answer(path: string, init: RequestInit, clock: HandClock): Promise<Response> {
    const signal = init.signal ?? new AbortController().signal;
    const range = new Headers(init.headers).get("range");
    const from = range === null ? null : Number(/^bytes=(\d+)-$/.exec(range)?.[1]);
    this.asked.push({ path, from, init });
    const gone = new Promise<never>((_, reject) => {
      if (signal.aborted) reject(new TypeError("aborted"));
      signal.addEventListener("abort", () => reject(new TypeError("aborted")), { once: true });
    });
    gone.catch(() => {});
    if (this.trouble === "down") throw new TypeError("no route");
    if (this.trouble === "error") return new Response("oops", { status: 500 });
    if (this.trouble === "frozen") return gone;
    const [name = "", query] = path.split("?");
    if (query !== undefined && this.holds) await Promise.race([this.#hold(name, query, clock, signal), gone]);
    const bytes = this.files.get(name);
    if (bytes === undefined) return new Response(null, { status: 404 });
    if (this.trouble === "frozen-midway") {
      const part = bytes.slice(0, 100);
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          controller.enqueue(part);
          signal.addEventListener("abort", () => controller.error(new TypeError("aborted")), { once: true });
        },
      });
      return new Response(body);
    }
    if (from === null || !this.ranges) return new Response(bytes.slice());
    if (from >= bytes.length) return new Response(null, { status: 416 });
    return new Response(bytes.slice(from), { status: 206 });
  }
  async #hold(name: string, query: string, clock: HandClock, signal: AbortSignal): Promise<void> {
    const end = clock.now() + 25_000;
    const newer = () => {
      const head = this.files.get(name);
      if (head === undefined) return true;
      const view = new DataView(head.buffer, head.byteOffset);
      const place = [view.getUint16(4), view.getUint8(6), Number(view.getBigUint64(23))];
      const after = query.replace("after=", "").split(".").map(Number);
      const i = place.findIndex((part, at) => part !== after[at]);
      return i >= 0 && (place[i] ?? 0) > (after[i] ?? 0);
    };
    while (!newer() && clock.now() < end && !signal.aborted)
      await Promise.race([
        clock.sleep(end - clock.now(), signal),
        new Promise<void>((resolve) => this.#waiting.push(resolve)),
      ]);
  }
}

/** Hosts by their origin. */
export class Net {
  readonly clock = new HandClock(NOW * 1000);
  readonly hosts = new Map<string, Host>();
  host(origin: string): Host {
    const host = this.hosts.get(origin) ?? new Host();
    this.hosts.set(origin, host);
    return host;
  }
  fetch(url: string, init: RequestInit): Promise<Response> {
    for (const [origin, host] of this.hosts)
      if (url.startsWith(`https://${origin}/`))
        return host.answer(url.slice(`https://${origin}/`.length), init, this.clock);
    return Promise.reject(new TypeError(`nobody is at ${url}`));
  }
}

/** A page on a device. `link`: what it was opened with. */
export async function device(
  net: Net,
  link: string | null,
  o: { storage?: Storage; visible?: boolean; page?: string | null } = {},
) {
  const storage = o.storage ?? memoryStorage();
  let visible = o.visible ?? true;
  let shown = () => {};
  let moved = (_: string) => {};
  let cleared = 0;
  const store = await createApp({
    fetch: (url, init) => net.fetch(url, init),
    sleep: (ms, signal) => (ms <= 0 ? Promise.resolve() : net.clock.sleep(ms, signal)),
    storage,
    now: () => net.clock.now(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    fragment: link?.split("#")[1] ?? "",
    clearFragment: () => void cleared++,
    onFragment: (changed) => {
      moved = changed;
    },
    page: o.page === undefined ? "https://reader.example" : o.page,
    inApp: false,
    visible: () => visible,
    onVisible: (changed) => {
      shown = changed;
    },
  });
  const room = (): RoomView => {
    const { open } = store.view();
    if (open === null) throw new Error("no room is open");
    return open;
  };
  return {
    store,
    storage,
    actions: store.actions,
    view: () => store.view(),
    room,
    texts: () => textsOf(room()),
    kinds: () => room().banners.map((b) => b.kind),
    /** How often the fragment was taken out of the address bar. */
    cleared: () => cleared,
    /** A link is opened in the same page. */
    follow: (next: string) => moved(next.split("#")[1] ?? ""),
    show(now: boolean) {
      visible = now;
      shown();
    },
    /** The page is closed. */
    gone() {
      visible = false;
      shown();
      store.actions.closeRoom();
    },
  };
}

/** Waits for a state. */
export const until = <T>(look: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(look, { timeout: 10_000, interval: 2 });

/** Lets everything that is not waiting for the clock come to rest. */
export async function rest(): Promise<void> {
  for (let i = 0; i < 30; i++) await new Promise((resolve) => setImmediate(resolve));
}
