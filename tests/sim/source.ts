import { Cursor, type ForeignId, type MediaRef } from "../../bridge/model/ids.ts";
import type { MediaOutcome, Presence, Source, SourceEvent, SourceSignal } from "../../bridge/model/source.ts";
import { isMirrored } from "./expected.ts";
import { CHANNELS, SOURCE } from "./scenario.ts";
import { contentOf, foreignId, raw, type TruePost, type Truth, type Update } from "./truth.ts";
import { Injected, type Life, type World } from "./world.ts";

/** Posts that a reconciling after a gap reaches back. */
const REACH = 12;
/** Fewer posts than this are never all asked for by the glitch that shows an empty history. */
const MANY = 8;

/** What the source keeps over all lives of the bridge. */
export class SourceState {
  /** The last look at the whole history, after which everything must be known. */
  lastLook: "none" | "wanted" | "done" = "none";
  /** Nothing is left to be told just now: the adapter waits. */
  idle = false;
  /** The history lacks posts that are there, and even says that they are gone. */
  glitch = false;
  /** It cannot say of any post whether it is there. */
  unsure = false;
  /** Events told, of any kind. */
  told = 0;
  /** How many of the live updates were told or are not to be, by the newest of the markers. */
  at = 0;
  wake: () => void = () => {};
  /** Live updates that are still to be told. */
  untold = (truth: Truth): number => truth.updates.slice(this.at).filter((u) => !u.lost).length;
}

const cursor = (at: number): Cursor => Cursor.parse(`${at}`);

function live(update: Update): SourceEvent {
  if (update.type !== "removed")
    return { type: update.type, post: raw(update.post, update.version), at: update.at };
  const { post, at } = update;
  return { type: "removed", channel: CHANNELS[post.channel], foreignId: foreignId(post), at };
}

/** The source as one life of the bridge reads it: live updates behind a marker, and a history. */
export function simulatedSource(world: World, truth: Truth, state: SourceState, life: Life): Source {
  const clock = world.clock(life);

  const snapshots = (posts: readonly TruePost[]): readonly SourceEvent[] =>
    posts.map((post) => ({
      type: "snapshot",
      post: raw(post, post.versions.length - 1),
      at: world.sourceNow(),
    }));

  /**
   * What is there of what was posted since `from`, and a window over each channel. `all`: every post, else those alone
   * of which something was never told.
   */
  const history = (
    from: number,
    all: boolean,
    lacks: TruePost | undefined = undefined,
  ): readonly SourceEvent[] => {
    const there = truth.posts.filter((p) => !p.removed && p.postedAt >= from && p !== lacks);
    const windows = CHANNELS.map(
      (channel, i): SourceEvent => ({
        type: "window",
        channel,
        from,
        to: world.sourceNow(),
        ids: there.filter((p) => p.channel === i).map(foreignId),
      }),
    );
    const untold = new Set(truth.updates.filter((u) => u.lost).map((u) => u.post));
    return [...snapshots(all ? there : there.filter((p) => untold.has(p))), ...windows];
  };

  const batch = (events: readonly SourceEvent[], at: number): SourceSignal => {
    state.told += events.length;
    state.at = at;
    world.note(
      `told ${events.map((e) => ("post" in e ? `${e.type} ${e.post.body.text}` : e.type)).join("; ")}`,
    );
    return { kind: "batch", events, cursor: cursor(at), readAt: world.sourceNow() };
  };

  /** A window that shows nothing, where enough is known to the bridge. */
  const emptyWindow = (at: number): SourceSignal | null => {
    const known = truth.updates
      .slice(0, at)
      .filter((u) => u.type === "posted")
      .map((u) => u.post);
    const { mappings } = world.scenario;
    const busy = CHANNELS.findIndex(
      (_, i) => known.filter((p) => p.channel === i && !p.removed && isMirrored(mappings, p)).length >= MANY,
    );
    const channel = CHANNELS[busy];
    if (channel === undefined || !world.strikes("source.vanish")) return null;
    state.glitch = true;
    return batch([{ type: "window", channel, from: 0, to: world.sourceNow(), ids: [] }], at);
  };

  /** A post of those since `from` that the history does not show, though it is there and the bridge knows it. */
  const hidden = (from: number, at: number): TruePost | undefined => {
    const known = truth.updates
      .slice(0, at)
      .filter((u) => u.type === "posted" && !u.lost)
      .map((u) => u.post)
      .filter((p) => !p.removed && p.postedAt >= from && isMirrored(world.scenario.mappings, p));
    if (known.length === 0 || !world.strikes("source.unsure")) return undefined;
    state.unsure = true;
    return world.chance.pick(known);
  };

  const waiting = (signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      state.wake = () => {
        if (!life.dead) resolve();
      };
      signal.addEventListener("abort", () => resolve(), { once: true });
    });

  async function* tell(from: number, signal: AbortSignal): AsyncIterable<SourceSignal> {
    let at = from;
    if (at < 0) {
      const old = truth.posts.filter((p) => p.old);
      const began = truth.posts[0]?.postedAt ?? 0;
      const baselines = CHANNELS.map(
        (channel): SourceEvent => ({ type: "baseline", channel, at: began + 30_000 }),
      );
      yield batch([...baselines, ...snapshots(old)], 0);
      at = 0;
    }
    while (!signal.aborted) {
      state.glitch = false;
      state.unsure = false;
      await world.outside(life, "source.poll");
      if (world.strikes("source.throws")) throw new Injected("source");
      if (world.strikes("source.trouble")) {
        const wait = world.chance.between(500, 40_000);
        yield { kind: "trouble", code: "server_error", retryAt: clock.now() + wait };
        await clock.sleep(wait, signal);
        continue;
      }
      if (world.strikes("source.denied")) yield { kind: "denied", channel: CHANNELS[0] };
      const empty = emptyWindow(at);
      if (empty !== null) yield empty;
      const next = truth.updates.slice(at, at + 1 + world.chance.between(0, 3));
      const [first] = next;
      if (first?.lost === true) {
        let end = at;
        while (truth.updates[end]?.lost === true) end++;
        const since = truth.posts.filter((p) => !p.old && p.postedAt <= first.at).at(-REACH);
        const from = since?.postedAt ?? first.at;
        const told = new Set(
          truth.updates.slice(0, at).flatMap((u) => (u.type === "posted" && !u.lost ? [u.post] : [])),
        );
        for (const post of truth.posts)
          if (post.removed && post.postedAt >= from && !told.has(post)) post.passed = true;
        yield batch(history(from, true, hidden(from, at)), end);
        at = end;
      } else if (first !== undefined) {
        const whole = next.slice(
          0,
          next.findIndex((u) => u.lost) < 0 ? next.length : next.findIndex((u) => u.lost),
        );
        const again = at > 0 && world.strikes("source.repeat") ? repeated(at) : [];
        yield batch([...again, ...whole.map(live)], at + whole.length);
        at += whole.length;
      } else if (state.lastLook === "wanted") {
        yield batch(history(truth.posts.find((p) => !p.old)?.postedAt ?? world.sourceNow(), false), at);
        // It was asked for more, so it has taken that.
        state.lastLook = "done";
      } else {
        state.idle = true;
        await waiting(signal);
        state.idle = false;
      }
    }
  }

  /** Some of what was told before, once more, as it was told then. */
  const repeated = (at: number): readonly SourceEvent[] => {
    const before = truth.updates.slice(0, at).filter((u) => !u.lost);
    const edits = before.filter((u) => u.type === "edited");
    if (edits.length > 0 && world.chance.odds(0.4)) return [live(world.chance.pick(edits))];
    const from = Math.max(0, before.length - world.chance.between(1, 8));
    return before.slice(from, from + world.chance.between(1, 5)).map(live);
  };

  const gone = async (id: ForeignId): Promise<Presence> => {
    await world.outside(life, "source.gone");
    if (state.unsure) return "unknown";
    if (state.glitch) return "gone";
    return truth.posts.find((p) => foreignId(p) === id)?.removed === false ? "there" : "gone";
  };

  const media = async (ref: MediaRef, limit: number, signal: AbortSignal): Promise<MediaOutcome> => {
    await world.outside(life, "source.media");
    const file = truth.files.get(ref);
    if (file === undefined) return { kind: "gone" };
    if (world.strikes("media.throws")) throw new Injected("media");
    if (world.strikes("media.retry"))
      return { kind: "retry", at: clock.now() + world.chance.between(500, 30_000) };
    const { plan, from, post } = file;
    const ready = from + plan.late;
    if (world.sourceNow() < ready) return { kind: "retry", at: clock.now() + ready - world.sourceNow() };
    if (post.removed || plan.fate === "gone") return { kind: "gone" };
    const size = plan.fate === "large" ? 10 ** 9 : plan.size;
    if (size > limit) return { kind: "too_large", size };
    const bytes = contentOf(plan);
    const cut = world.strikes("media.cut");
    const slow = world.strikes("media.slow") ? world.chance.between(15_000, 200_000) : 0;
    async function* stream(): AsyncIterable<Uint8Array> {
      const half = Math.floor(bytes.length / 2);
      yield bytes.subarray(0, half);
      await world.outside(life, "source.stream");
      if (slow > 0) await clock.sleep(slow, signal);
      if (cut) throw new Injected("cut");
      yield bytes.subarray(half);
    }
    return { kind: "open", stream: stream(), size: world.chance.odds(0.5) ? size : null };
  };

  return {
    name: SOURCE,
    events: (from, signal) => tell(from === null ? -1 : Number(from), signal),
    media,
    gone: (_channel, id) => gone(id),
    check: async () => [],
  };
}
