import type { Fixed, Ref } from "./fixed.ts";
import type { MessageId } from "./ids.ts";
import type { Progress } from "./progress.ts";
import type { Receipt, Slot } from "./receipt.ts";

/** What stands in the chat when all steps are done. A message whose id is not known cannot be changed any more. */
export function receiptOf(fixed: Fixed, p: Progress): Receipt {
  const known = (ref: Ref): MessageId | null =>
    typeof ref === "number"
      ? fixed.chat === p.chat
        ? ref
        : null
      : (p.done[ref.step]?.ids[ref.index] ?? null);
  const slots = fixed.slots.flatMap((slot): Slot[] => {
    const id = known(slot.id);
    if (id === null) return [];
    const made = typeof slot.id === "number" ? null : p.done[slot.id.step];
    if (made == null) return [{ ...slot, id }];
    return [{ ...slot, id, sent: made.at, kind: made.line ? "line" : slot.kind }];
  });
  return { v: 1, chat: p.chat, slots, pinned: fixed.pinned === null ? null : known(fixed.pinned) };
}
