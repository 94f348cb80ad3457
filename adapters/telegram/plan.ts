import { createHash } from "node:crypto";
import type { MediaId, Millis } from "../../bridge/model/ids.ts";
import { albumOf, grouped } from "./albums.ts";
import { mediaOf, type Wanted } from "./compose.ts";
import type { FixedMedia, FixedMessage, Ref, Step } from "./fixed.ts";
import type { MessageId } from "./ids.ts";
import type { Formatted, Message } from "./message.ts";
import type { PlannedSlot, Receipt, Slot } from "./receipt.ts";
import { withLines } from "./variants.ts";

export interface Planning {
  readonly before: Receipt | null;
  readonly wanted: readonly Wanted[];
  /** What the announcement answers, where that is in the chat. */
  readonly reply: MessageId | null;
  /** Whether what is sent shall not ring. */
  readonly silent: boolean;
  readonly pin: boolean;
  /** For each message that is sent alone: what its button is known by; null: it gets none. */
  readonly button: () => string | null;
  readonly now: Millis;
  /** What one request may carry, bytes. */
  readonly largest: number;
  /** The line that stands for a file which the server does not take. */
  readonly missing: (media: MediaId) => string;
  /** What a message becomes that is needless and too old to be deleted. */
  readonly instead: string;
}

/** What is to be done to a chat, in this order, and what stands there afterwards. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly slots: readonly PlannedSlot[];
  readonly pinned: Ref | null;
}

const bodyOf = (wanted: Wanted): Formatted => (wanted.kind === "text" ? wanted.body : wanted.caption);

/** Equal for what looks the same in the chat. */
const sameness = (wanted: Wanted): string =>
  createHash("sha256")
    .update(JSON.stringify([wanted.kind === "text", wanted.part, bodyOf(wanted)]))
    .digest("base64url")
    .slice(0, 22);

/** Whether a message of the chat may hold another file from now on: within an album files stay of its kind. */
function exchangeable(slot: Slot, message: Message): boolean {
  if (slot.kind !== "media" || message.kind !== "media") return false;
  if (slot.form === "voice" || message.form === "voice") return false;
  if (!slot.album) return true;
  return slot.form !== null && albumOf({ ...message, form: message.form }) === albumClass(slot.form);
}
const albumClass = (form: string) =>
  form === "photo" || form === "video" ? "visual" : form === "animation" ? null : form;

export const deletion = (slot: Slot, instead: string): Step => ({
  do: "delete",
  id: slot.id,
  kind: slot.kind === "media" ? "media" : "text",
  sent: slot.sent,
  instead,
});

/**
 * What brings a chat from what stands in it to what should: what is there and the same stays, what changed is edited in
 * its place, what is more is sent as answers to the first message, what is less is deleted.
 */
export function planned(o: Planning): Plan {
  const there = o.before?.slots ?? [];
  const steps: Step[] = [];
  const slots = new Map<string, PlannedSlot>();
  const free = there.filter((s) => !o.wanted.some((w) => w.part === s.part));
  const fixedMedia = (message: Extract<Message, { kind: "media" }>): FixedMedia => ({
    ...message,
    caption: { text: message.caption.text, entities: [...message.caption.entities] },
    missing: o.missing(message.media),
  });
  const fixed = (message: Message): FixedMessage =>
    message.kind === "media"
      ? fixedMedia(message)
      : { ...message, body: { text: message.body.text, entities: [...message.body.entities] } };

  const change = (slot: Slot, wanted: Wanted): void => {
    const same = sameness(wanted);
    slots.set(wanted.part, { ...slot, same });
    if (slot.same === same) return;
    const body = bodyOf(wanted);
    const { id, button } = slot;
    // A line that stands for a file has its caption, too.
    const file = slot.kind === "line" ? mediaOf(slot.part) : null;
    const shown = file === null ? body : withLines(body, [o.missing(file)]);
    const { text, entities } = shown;
    steps.push({
      do: slot.kind === "media" ? "caption" : "text",
      id,
      body: { text, entities: [...entities] },
      button,
    });
  };

  const exchange = (message: Message): boolean => {
    const at = free.findIndex((slot) => exchangeable(slot, message));
    const slot = free[at];
    if (slot === undefined || message.kind !== "media") return false;
    free.splice(at, 1);
    const { id, button } = slot;
    steps.push({ do: "media", id, media: fixedMedia(message), button });
    const { part, form } = message;
    slots.set(part, { ...slot, part, same: sameness(message), form });
    return true;
  };

  const fresh: Message[] = [];
  for (const wanted of o.wanted) {
    const slot = there.find((s) => s.part === wanted.part);
    if (slot !== undefined) change(slot, wanted);
    else if (wanted.kind !== "kept" && !exchange(wanted)) fresh.push(wanted);
  }

  const inOrder = () => o.wanted.map((w) => slots.get(w.part)).filter((s) => s !== undefined);
  let first: Ref | null = inOrder()[0]?.id ?? null;
  for (const group of grouped(fresh, o.largest)) {
    const step = steps.length;
    const alone = group.length === 1;
    const button = alone ? o.button() : null;
    steps.push({
      do: "send",
      messages: group.map(fixed),
      reply: first ?? o.reply,
      silent: o.silent || first !== null,
      button,
    });
    first ??= { step, index: 0 };
    for (const [index, message] of group.entries()) {
      const { kind, part } = message;
      const form = kind === "media" ? message.form : null;
      const id = { step, index };
      slots.set(part, { part, id, same: sameness(message), kind, form, album: !alone, button, sent: o.now });
    }
  }
  steps.push(...free.map((slot) => deletion(slot, o.instead)));

  const standing = inOrder();
  const was = o.before?.pinned ?? null;
  const pinned = o.pin ? (standing[0]?.id ?? null) : null;
  if (was !== null && was !== pinned && standing.some((s) => s.id === was))
    steps.push({ do: "unpin", id: was });
  if (pinned !== null && was !== pinned) steps.push({ do: "pin", id: pinned });
  return { steps, slots: standing, pinned };
}
