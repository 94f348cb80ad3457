import { answering, type Content, calling, replacing, sameness } from "./event.ts";
import type { EventId } from "./ids.ts";
import type { PlannedSlot, Slot } from "./receipt.ts";

/** One event that should stand in the room; `content` null: as it stands there already. */
export interface Piece {
  readonly part: string;
  readonly content: Content | null;
}

/** What is to stand in the room of an announcement, or of one repetition of it. */
export interface Wanted {
  readonly copy: string;
  readonly pieces: readonly Piece[];
  /** What the announcement answers, where that is in the room. */
  readonly reply: EventId | null;
  readonly urgent: boolean;
}

/** What is to be done to a room, in this order. */
export interface Plan {
  /** To be encrypted and sent. */
  readonly send: readonly Content[];
  readonly redact: readonly EventId[];
  /** What stands there afterwards. */
  readonly slots: readonly PlannedSlot[];
}

/**
 * What brings a room from what stands in it to what should: what is there and the same stays, what changed is edited,
 * what is more is sent as answers to the first event, what is less is taken away with all its edits. What stands of
 * other copies stays as it is.
 */
export function planned(before: readonly Slot[], wanted: readonly Wanted[]): Plan {
  const send: Content[] = [];
  const redact: EventId[] = [];
  const slots: PlannedSlot[] = [];
  const touched = new Set(wanted.map((w) => w.copy));
  const add = (content: Content): number => send.push(content) - 1;
  for (const w of wanted) {
    const there = before.filter((s) => s.copy === w.copy);
    const staying = (part: string) => there.find((s) => s.part === part);
    const first = w.pieces.map((p) => staying(p.part)).find((s) => s !== undefined)?.event ?? null;
    const made: PlannedSlot[] = [];
    for (const [i, { part, content }] of w.pieces.entries()) {
      const old = staying(part);
      if (content === null) {
        if (old !== undefined) made.push(old);
        continue;
      }
      const same = sameness(content);
      if (old?.same === same) made.push(old);
      else if (old !== undefined)
        made.push({ ...old, same, edits: [...old.edits, add(replacing(content, old.event))] });
      else {
        const to = first ?? (i === 0 ? w.reply : null);
        const called = w.urgent && there.length === 0 && i === 0 ? calling(content) : content;
        made.push({
          copy: w.copy,
          part,
          same,
          event: add(to === null ? called : answering(called, to)),
          edits: [],
        });
      }
    }
    for (const s of there) if (!w.pieces.some((p) => p.part === s.part)) redact.push(s.event, ...s.edits);
    slots.push(...made);
  }
  slots.push(...before.filter((s) => !touched.has(s.copy)));
  return { send, redact, slots };
}
