import type { Fixed, Ref } from "./fixed.ts";
import type { MessageId } from "./ids.ts";
import type { Progress } from "./progress.ts";
import type { Receipt, Slot } from "./receipt.ts";

/** The message that a step changes or has sent; null: it is not known, or stands in a chat that was left. */
function known(fixed: Fixed, p: Progress, ref: Ref): MessageId | null {
  if (typeof ref !== "number") return p.done[ref.step]?.ids[ref.index] ?? null;
  return fixed.chat === p.chat ? ref : null;
}

/** What stands in the chat when all steps are done. A message whose id is not known cannot be changed any more. */
export function receiptOf(fixed: Fixed, p: Progress): Receipt {
  const slots = fixed.slots.flatMap((slot): Slot[] => {
    const id = known(fixed, p, slot.id);
    if (id === null) return [];
    const made = typeof slot.id === "number" ? null : p.done[slot.id.step];
    if (made == null) return [{ ...slot, id }];
    return [{ ...slot, id, sent: made.at, kind: made.line ? "line" : slot.kind }];
  });
  return { v: 1, chat: p.chat, slots, pinned: fixed.pinned === null ? null : known(fixed, p, fixed.pinned) };
}

/**
 * What stands in the chat when the steps after those that are done were never taken. `before`: what stood there until
 * the first of them.
 */
export function partlyOf(fixed: Fixed, p: Progress, before: Receipt | null): Receipt {
  const was = before?.chat === p.chat ? before : null;
  const taken = fixed.steps.slice(0, p.done.length);
  let pinned = was?.pinned ?? null;
  const changed = new Set<MessageId | null>();
  for (const step of taken) {
    if (step.do === "pin") pinned = known(fixed, p, step.id);
    else if (step.do === "unpin") pinned = null;
    else if (step.do !== "send") changed.add(step.id);
  }
  const left = was?.slots.filter(({ id }) => !changed.has(id)) ?? [];
  const planned = receiptOf(fixed, p).slots.map((slot) => left.find(({ id }) => id === slot.id) ?? slot);
  const others = left.filter((slot) => !planned.includes(slot));
  return { v: 1, chat: p.chat, slots: [...planned, ...others], pinned };
}
