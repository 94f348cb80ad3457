import type { Millis } from "../../bridge/model/ids.ts";
import type { RawPost } from "../../bridge/model/post.ts";
import type { SourceEvent } from "../../bridge/model/source.ts";
import { inOrder } from "./history.ts";
import type { Decoded } from "./updates.ts";

type Snapshot = Extract<SourceEvent, { readonly post: RawPost }> & { readonly type: "snapshot" };

/** The source's time of what an update tells; 0: it tells none. */
const timeOf = ({ event, at }: Decoded): Millis => ("at" in event ? event.at : at);

/**
 * Histories of several channels are read one after another, while posts go on being published: one that a later
 * history shows may be younger than one that an earlier history could not show yet. So what is younger than the
 * reading is held back until the updates, which know the order of all channels, have told what is older.
 */
export function createHeld() {
  let held: readonly Snapshot[] = [];
  return {
    get any(): boolean {
      return held.length > 0;
    },
    /** What was held and what histories tell now, in order; posts of `since` or later (the source's time) stay held. */
    from(histories: readonly SourceEvent[], since: Millis): readonly SourceEvent[] {
      const read = new Set(histories.flatMap((e) => (e.type === "snapshot" ? [e.post.foreignId] : [])));
      const events = inOrder([...held.filter((s) => !read.has(s.post.foreignId)), ...histories]);
      const young = (e: SourceEvent): e is Snapshot => e.type === "snapshot" && e.post.postedAt >= since;
      held = events.filter(young);
      return events.filter((e) => !young(e));
    },
    /** Updates with what was held in its place. `asked`: since anything was held; none of them then tell that all came. */
    among(updates: readonly Decoded[], asked: boolean): readonly SourceEvent[] {
      if (updates.length === 0 && asked) {
        const rest = held;
        held = [];
        return rest;
      }
      const posted = new Set(
        updates.flatMap(({ event: e }) => (e.type === "posted" ? [e.post.foreignId] : [])),
      );
      const own = held.filter((s) => posted.has(s.post.foreignId));
      held = held.filter((s) => !own.includes(s));
      const told: SourceEvent[] = [];
      for (const update of updates) {
        const older = held.filter((s) => s.post.postedAt <= timeOf(update));
        held = held.filter((s) => !older.includes(s));
        told.push(...older, update.event);
      }
      told.push(...own);
      return told;
    },
  };
}
