import type { AnnouncementId } from "../../bridge/model/ids.ts";
import type { Keep } from "../../bridge/model/keep.ts";
import type { Destination, Preparation } from "../../bridge/outbox/destination.ts";
import type { Delivery } from "../../bridge/outbox/port.ts";
import { missingLine } from "../../bridge/pipeline/missing-lines.ts";
import { removedLine } from "../../bridge/pipeline/removed-line.ts";
import { DELETABLE } from "./age.ts";
import { type ComposeOptions, createComposer, lineOf, type Wanted } from "./compose.ts";
import { encodeFixed, type Fixed } from "./fixed.ts";
import type { ChatId, MessageId } from "./ids.ts";
import { changedLine } from "./lines.ts";
import { deletion, planned } from "./plan.ts";
import { progressOf } from "./progress.ts";
import { type Receipt, readReceipt } from "./receipt.ts";
import { createSender, newButton, type SenderOptions } from "./sending.ts";

export interface TelegramDestinationOptions extends ComposeOptions, Omit<SenderOptions, "progress"> {
  /** Where the bot keeps what it must not forget over restarts. */
  readonly keep: Keep;
  /** Whether the lane need not ask again until it is told. */
  readonly held: () => boolean;
  /** What was last said of a part of an announcement in this room. */
  readonly receiptOf: (announcement: AnnouncementId, part: string) => string | null;
}

/** The part under which the announcement itself stands in the message map. */
const WHOLE = "whole";

/** Channels and supergroups count their own messages; of all other chats the ids belong to the bot. */
const COUNTING = -1_000_000_000_000;

/** While another topic's post is looked for in the same group, ms. */
const AGAIN = 500;

/**
 * A channel, a group or a topic of Telegram as a destination. An announcement is several messages, whose ids the receipt
 * tells. Telegram takes no key that would tell a repetition: what was sent is written down before and after, and what
 * may have arrived is looked for before it is sent again.
 */
export function telegramDestination(o: TelegramDestinationOptions): Destination {
  const composer = createComposer(o);
  const sender = createSender({ ...o, progress: progressOf(o.keep, o.room) });

  /** What stands in the chat of now: what stood in one that was left cannot be reached any more. */
  const standing = (d: Delivery, part: string, place: ChatId): Receipt | null => {
    const receipt = readReceipt(o.receiptOf(d.announcement, part));
    return receipt?.chat === place ? receipt : null;
  };

  /** The message that an answer to an announcement points at. */
  const firstOf = (announcement: AnnouncementId | null, place: ChatId): MessageId | null => {
    const receipt = announcement === null ? null : readReceipt(o.receiptOf(announcement, WHOLE));
    return receipt?.chat === place ? (receipt.slots[0]?.id ?? null) : null;
  };

  const sent = (receipt: Receipt | null): Preparation => ({
    kind: "outcome",
    outcome: { kind: "sent", receipt: receipt === null ? null : JSON.stringify(receipt) },
  });

  const fixed = (
    place: ChatId,
    plan: Pick<Fixed, "pinned"> & { readonly steps: readonly Fixed["steps"][number][] } & {
      readonly slots: readonly Fixed["slots"][number][];
    },
    lacking: Extract<Preparation, { kind: "ready" }>["lacking"] = [],
  ): Preparation => {
    const bytes = encodeFixed({
      v: 1,
      chat: place,
      topic: o.topic,
      nonce: Buffer.from(o.random.bytes(9)).toString("base64url"),
      steps: [...plan.steps],
      slots: [...plan.slots],
      pinned: plan.pinned,
    });
    return { kind: "ready", prepared: { kind: "bytes", bytes }, lacking };
  };

  const change = (
    d: Delivery,
    place: ChatId,
    before: Receipt | null,
    wanted: readonly Wanted[],
    pin: boolean,
    lacking: Extract<Preparation, { kind: "ready" }>["lacking"] = [],
  ): Preparation => {
    const plan = planned({
      before,
      wanted,
      reply: firstOf(d.replyTo, place),
      silent: d.action === "late",
      pin,
      button: () => (place <= COUNTING && o.probe() ? newButton(o.random) : null),
      now: o.clock.now(),
      // The server's limit is one for a whole request.
      largest: o.largestFile,
      missing(id) {
        const media = d.media.find((m) => m.id === id);
        return media === undefined ? "" : missingLine("not_taken", media, o.lang);
      },
      instead: d.action === "strike" ? removedLine(o.lang) : changedLine(o.lang),
    });
    const nothing = plan.steps.length === 0 && lacking.length === 0;
    return nothing ? sent(before) : fixed(place, plan, lacking);
  };

  /** The file that bears the text and is too old to be deleted: what is struck through stays its caption. */
  const stuckOf = (before: Receipt | null): string | null => {
    const first = before?.slots[0];
    return first?.kind === "media" && o.clock.now() - first.sent > DELETABLE ? first.part : null;
  };

  const announcement = (d: Delivery, place: ChatId): Preparation => {
    if (d.clean === null) return { kind: "outcome", outcome: { kind: "refused", code: "payload_gone" } };
    const before = standing(d, WHOLE, place);
    const there = new Set(before?.slots.map((s) => s.part));
    const { wanted, lacking } = composer.compose(d, there, d.action === "strike" ? stuckOf(before) : null);
    return change(d, place, before, wanted, d.pin && d.action !== "strike", lacking);
  };

  /** Takes back what stands there; what is too old for that becomes a line. */
  const removal = (d: Delivery, place: ChatId): Preparation => {
    const before = standing(d, d.part, place);
    if (before === null || before.slots.length === 0) return sent(null);
    const steps = before.slots.map((slot) => deletion(slot, removedLine(o.lang)));
    return fixed(place, { steps, slots: [], pinned: null });
  };

  return {
    room: o.room,
    held: () => o.held() || sender.asking(),
    notBefore() {
      const place = o.place();
      if (place === null) return 0;
      const rates = o.notBefore(place, 1);
      return o.posts.taken(place, o.room) ? Math.max(rates, o.clock.now() + AGAIN) : rates;
    },
    async prepare(d) {
      const place = o.place();
      // Until the chat can be written to, the lane waits: nothing of it is lost.
      if (place === null) return { kind: "outcome", outcome: { kind: "retry", at: 0, code: "no_room" } };
      // Whoever comes later reads what was posted before: nothing is repeated here.
      if (d.action === "digest") return sent(readReceipt(o.receiptOf(d.announcement, WHOLE)));
      if (d.action === "remove") return removal(d, place);
      if (d.action === "reply" || d.action === "note")
        return change(d, place, standing(d, d.part, place), [lineOf(d.line ?? "")], false);
      return announcement(d, place);
    },
    send: (made, d, signal) =>
      sender.send(made, () => readReceipt(o.receiptOf(d.announcement, d.part)), signal),
    settle: async (made) => sender.settle(made),
  };
}
