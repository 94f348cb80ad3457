import type { Answer, Api } from "./api.ts";
import { editMarkup } from "./calls.ts";
import { type ChatId, MessageId } from "./ids.ts";

/** So many messages are looked at in one try. */
const AT_ONCE = 6;
/** So many ids in a row that no message has: what was sent is not there. */
const HOLES = 3;

export interface Looking {
  readonly api: Api;
  readonly chat: ChatId;
  /** What the message's button is known by. */
  readonly button: string;
  /** Whether a message is known to be another one of ours: that one must not be touched. */
  readonly ours: (id: MessageId) => boolean;
  /** A button for a message of ours that was changed by mistake: no other has it. */
  readonly other: () => string;
  /** Writes down where to go on, before anything else is done. */
  readonly note: (next: MessageId, holes: number) => void;
  /** Told that a message of ours that was not known was changed, and made good again. */
  readonly changed: () => void;
}

export type Found =
  | { readonly kind: "arrived"; readonly id: MessageId }
  /** It is not among those before `next`. */
  | { readonly kind: "missing"; readonly next: MessageId }
  /** Nothing is known yet: go on later, from where `note` was told. */
  | { readonly kind: "open" }
  | { readonly kind: "stopped"; readonly answer: Exclude<Answer, { kind: "ok" }> };

/**
 * Looks for a message whose answer was lost: asks one after another to have its button. Only the message itself has it
 * already ("not modified"); a message of somebody else's cannot be edited; where there is none, there is a hole. Must
 * not be used where the bot may edit what others post: it would change that. `until`: look at none from here on, however
 * many holes there are; absent: three holes in a row say that it is not there.
 */
export async function look(
  o: Looking,
  from: { readonly next: MessageId; readonly holes: number; readonly until?: MessageId },
  signal: AbortSignal,
): Promise<Found> {
  let { next, holes } = from;
  const on = (hole: boolean): void => {
    next = MessageId.parse(next + 1);
    holes = hole ? holes + 1 : 0;
    o.note(next, holes);
  };
  for (let looked = 0; looked < AT_ONCE; ) {
    if (from.until === undefined ? holes >= HOLES : next >= from.until) return { kind: "missing", next };
    const id = next;
    if (o.ours(id)) {
      on(false);
      continue;
    }
    looked++;
    const answer = await o.api.call(editMarkup({ chat: o.chat, id, button: o.button }), signal);
    if (answer.kind === "ok") {
      on(false);
      // It has a button again that is its own: else it could be taken for the one that is looked for.
      await o.api.call(editMarkup({ chat: o.chat, id, button: o.other() }), signal);
      o.changed();
      continue;
    }
    if (answer.kind !== "refused") return { kind: "stopped", answer };
    if (answer.why === "not_modified") return { kind: "arrived", id };
    if (answer.why === "message_gone") on(true);
    else if (answer.why === "not_editable" || answer.why === "other") on(false);
    else return { kind: "stopped", answer };
  }
  if (from.until === undefined ? holes >= HOLES : next >= from.until) return { kind: "missing", next };
  return { kind: "open" };
}
