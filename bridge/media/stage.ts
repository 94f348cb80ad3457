import { createBell } from "../bell.ts";
import type { Failpoints } from "../failpoint.ts";
import type { Clock, Random } from "../model/effects.ts";
import type { MediaId, Millis, SourceName } from "../model/ids.ts";
import type { Source } from "../model/source.ts";
import type { MediaMeta } from "../outbox/port.ts";
import { isFull, type Space, withRoom } from "../space.ts";
import type { MediaStore, PendingMedia } from "../store/media.ts";
import { createTasks } from "../tasks.ts";
import type { Vault } from "../vault/vault.ts";
import { cleanImage, isPicture, LARGEST_IMAGE, SNIFFED, sniff } from "./clean.ts";
import type { Spool } from "./spool.ts";

export interface MediaStageOptions {
  readonly sources: ReadonlyMap<SourceName, Source>;
  readonly media: MediaStore;
  readonly spool: Spool;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly random: Random;
  readonly failpoints: Failpoints;
  readonly space: Space;
  /** Above so many bytes in the spool nothing more is fetched: it waits until some of it was given to every room. */
  readonly spoolMax: number;
  /** Attachments fetched at the same time. */
  readonly concurrency: number;
  /** The longest a single download of a source may take, ms. */
  readonly deadline: (source: SourceName) => number;
  /** Records the end of an attachment together with what follows from it, in one transaction. */
  readonly settled: (id: MediaId, record: () => void) => void;
  /** Told what came of each try. */
  readonly report: (code: "media_ready" | "media_retry" | "media_failed", kind: string) => void;
}

/** Tries before an attachment is given up: with the pauses below about a day. */
const TRIES = 24;
const FIRST_PAUSE = 2_000;
const LONGEST_PAUSE = 2 * 3_600_000;

/** How soon it is looked whether there is room again, ms. */
const LOOK_AGAIN = 5_000;

/** Without a reason of its own an abort makes an error, with its stack, each time. */
const DONE = "done";

type Result =
  | { readonly kind: "ready"; readonly meta: MediaMeta; readonly key: string }
  | { readonly kind: "failed"; readonly code: string }
  | { readonly kind: "retry"; readonly at: Millis | null };

/** Fetches attachments at once, cleans them and spools them sealed, beside the lanes and in parallel. */
export function createMediaStage(o: MediaStageOptions) {
  const bell = createBell(o.clock);
  const busy = new Set<MediaId>();

  const fetchOne = async (m: PendingMedia, signal: AbortSignal): Promise<Result> => {
    const source = o.sources.get(m.source);
    if (source === undefined) return { kind: "failed", code: "source_gone" };
    const opened = await inTime(source.media(m.ref, m.limit, signal), signal);
    if (opened.kind === "gone") return { kind: "failed", code: "gone" };
    if (opened.kind === "too_large") return { kind: "failed", code: "too_large" };
    if (opened.kind === "retry") return { kind: "retry", at: opened.at };
    o.failpoints("media.opened");
    const content = whole(limited(interruptible(opened.stream, signal), m.limit), opened.size);
    const { head, all } = await peek(content, SNIFFED);
    const found = await sniff(head);
    const key = o.vault.freshKey();
    const encoded = Buffer.from(key).toString("base64url");
    const base = { ...m.extent, mime: found.mime, name: withExtension(m.name, found.ext) };
    if (m.kind === "image" || isPicture(found.mime)) {
      const bytes = await collect(all, Math.min(LARGEST_IMAGE, m.limit));
      const clean = await cleanImage(bytes);
      if (!clean.ok) return { kind: "failed", code: clean.code };
      await o.spool.write(m.id, key, once(clean.bytes));
      const meta = {
        size: clean.bytes.length,
        mime: clean.mime,
        name: withExtension(m.name, clean.mime.split("/")[1] ?? "bin"),
        width: clean.width,
        height: clean.height,
        ...(clean.thumb === null ? {} : { thumb: Buffer.from(clean.thumb).toString("base64url") }),
      };
      return { kind: "ready", meta, key: encoded };
    }
    const size = await o.spool.write(m.id, key, all);
    return { kind: "ready", meta: { ...base, size }, key: encoded };
  };

  const one = async (m: PendingMedia, outer: AbortSignal): Promise<void> => {
    const deadline = new AbortController();
    const signal = AbortSignal.any([outer, deadline.signal]);
    const done = new AbortController();
    // Also when it is done: a body of which nothing was read is closed by nothing else.
    void o.clock
      .sleep(o.deadline(m.source), AbortSignal.any([outer, done.signal]))
      .then(() => deadline.abort());
    let result: Result;
    try {
      result = await fetchOne(m, signal);
    } catch (error) {
      if (isFull(error)) {
        // No fault of the attachment: it counts as no try.
        done.abort(DONE);
        o.space.foundFull();
        return;
      }
      result =
        error instanceof TooLarge ? { kind: "failed", code: "too_large" } : { kind: "retry", at: null };
    }
    done.abort(DONE);
    if (outer.aborted && result.kind !== "ready") return;
    if (result.kind === "retry" && m.tries + 1 >= TRIES) result = { kind: "failed", code: "unavailable" };
    if (result.kind === "retry") {
      const step = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** m.tries) * (1 + o.random.next() / 4);
      const at = Math.max(result.at ?? 0, o.clock.now() + Math.round(step));
      await withRoom(o.space, outer, async () => o.media.retry(m.id, at));
      o.report("media_retry", m.kind);
      return;
    }
    const settled = result;
    await withRoom(o.space, outer, async () =>
      o.settled(m.id, () => {
        if (settled.kind === "ready") o.media.ready(m.id, settled);
        else o.media.failed(m.id, settled.code);
      }),
    );
    o.failpoints("media.after");
    o.report(settled.kind === "ready" ? "media_ready" : "media_failed", m.kind);
  };

  return {
    /** New attachments were accepted: look again. */
    wake: () => bell.ring(),
    /** Fetches until `signal` aborts. */
    async run(signal: AbortSignal): Promise<void> {
      const tasks = createTasks();
      while (!signal.aborted) {
        tasks.check();
        const now = o.clock.now();
        if (!o.space.hasRoom() || o.spool.used() >= o.spoolMax) {
          await bell.wait(now + LOOK_AGAIN, signal);
          continue;
        }
        const waiting = o.media.pending(o.concurrency + busy.size).filter(({ media }) => !busy.has(media.id));
        const due = waiting.filter(({ at }) => at <= now).slice(0, o.concurrency - busy.size);
        for (const { media } of due) {
          busy.add(media.id);
          tasks.start(one(media, signal), () => {
            busy.delete(media.id);
            bell.ring();
          });
        }
        if (due.length > 0) continue;
        const next = busy.size >= o.concurrency ? undefined : waiting.find(({ at }) => at > now);
        await bell.wait(next?.at ?? null, signal);
      }
      await tasks.ended();
    },
  };
}

class TooLarge extends Error {}
class Interrupted extends Error {}

/** Rejects when `signal` aborts, whether or not the work listens to it. */
function inTime<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(new Interrupted());
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

/** A stream that throws when `signal` aborts, though its source has fallen silent. */
async function* interruptible(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  const iterator = content[Symbol.asyncIterator]();
  let ended = false;
  try {
    for (;;) {
      const step = await inTime(iterator.next(), signal);
      if (step.done === true) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    // One that hangs never answers this either, so nobody waits for it.
    if (!ended) void iterator.return?.()?.catch(() => {});
  }
}

/** A stream that throws at its end when it was not as long as was said. */
async function* whole(content: AsyncIterable<Uint8Array>, size: number | null): AsyncIterable<Uint8Array> {
  let got = 0;
  for await (const piece of content) {
    got += piece.length;
    yield piece;
  }
  if (size !== null && got !== size) throw new Interrupted();
}

async function* limited(content: AsyncIterable<Uint8Array>, limit: number): AsyncIterable<Uint8Array> {
  let size = 0;
  for await (const piece of content) {
    size += piece.length;
    if (size > limit) throw new TooLarge();
    yield piece;
  }
}

async function* once(bytes: Uint8Array): AsyncIterable<Uint8Array> {
  yield bytes;
}

/** The first `n` bytes (fewer when there are no more), and the whole stream from its beginning. */
async function peek(
  content: AsyncIterable<Uint8Array>,
  n: number,
): Promise<{ head: Uint8Array; all: AsyncIterable<Uint8Array> }> {
  const iterator = content[Symbol.asyncIterator]();
  const taken: Uint8Array[] = [];
  let size = 0;
  while (size < n) {
    const step = await iterator.next();
    if (step.done === true) break;
    taken.push(step.value);
    size += step.value.length;
  }
  async function* all(): AsyncIterable<Uint8Array> {
    try {
      yield* taken;
      for (;;) {
        const step = await iterator.next();
        if (step.done === true) return;
        yield step.value;
      }
    } finally {
      await iterator.return?.();
    }
  }
  return { head: Buffer.concat(taken).subarray(0, n), all: all() };
}

async function collect(content: AsyncIterable<Uint8Array>, limit: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of limited(content, limit)) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** Our own neutral name with the extension that the content asks for. */
function withExtension(name: string, ext: string): string {
  if (ext === "bin" && /\.[a-z0-9]{1,5}$/.test(name)) return name;
  return `${name.replace(/\.[a-z0-9]{1,5}$/, "")}.${ext === "jpeg" ? "jpg" : ext}`;
}
