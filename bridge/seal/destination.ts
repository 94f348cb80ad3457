import type { RoomName } from "../model/ids.ts";
import type { RichText } from "../model/rich-text.ts";
import type { Destination, Preparation } from "../outbox/destination.ts";
import type { Delivery, DeliveryMedia } from "../outbox/port.ts";
import { missingLine } from "../pipeline/missing-lines.ts";
import type { MessageMap } from "../store/message-map.ts";
import type { FileEntry, SealStore } from "../store/seal.ts";
import { LARGEST_CONTENT } from "./file.ts";
import { fitPayload } from "./fit.ts";
import type { Writable } from "./log.ts";
import type { Payload } from "./payload.ts";
import type { RoomFiles } from "./room-files.ts";

export interface SealedDestinationOptions {
  readonly room: RoomName;
  readonly store: SealStore;
  readonly map: MessageMap;
  readonly files: RoomFiles;
  readonly lang: "ru" | "en";
  /** Whether the delivery's mapping lets this attachment into the room. */
  readonly allows: (delivery: Delivery, media: DeliveryMedia) => "yes" | "kind" | "size";
  /** An id for a record that is no announcement's own (a change notice), stable over retries. */
  readonly derivedId: (delivery: Delivery) => string;
  /** Whether the room's log may grow. */
  readonly writable: () => Writable;
  /** Told that the log grew: carriers may copy. */
  readonly grown: () => void;
}

/**
 * A sealed room as a destination. What TX 2 fixes is a record appended to the room's log, so sending has nothing
 * left to do but to tell the carriers; a repeat is harmless.
 */
export function sealedDestination(o: SealedDestinationOptions): Destination {
  const marks = (text: RichText) =>
    text.marks.map((m) => ({
      m: m.kind,
      s: m.start,
      e: m.end,
      ...(m.url === undefined ? {} : { url: m.url }),
    }));

  const retract = (d: Delivery): Preparation => {
    const id = d.part === "whole" ? d.announcement : o.derivedId(d);
    return ready({ v: 1, t: 0, k: "retract", id }, []);
  };

  const notice = (d: Delivery): Preparation =>
    ready(
      {
        v: 1,
        t: 0,
        k: "post",
        id: o.derivedId(d),
        rev: 0,
        text: d.line ?? "",
        marks: [],
        ...(o.map.has(o.room, d.announcement) ? { reply: d.announcement } : {}),
      },
      [],
    );

  const note = (d: Delivery): Preparation =>
    ready({ v: 1, t: 0, k: "note", text: d.line ?? "", why: d.why ?? "silent" }, []);

  const announcement = async (d: Delivery, signal: AbortSignal): Promise<Preparation> => {
    if (d.clean === null) return { kind: "outcome", outcome: { kind: "refused", code: "payload_gone" } };
    const entries: FileEntry[] = [];
    const lines: string[] = [];
    const lacking: DeliveryMedia[] = [];
    const unwanted: string[] = [];
    for (const media of d.media) {
      const allowed = o.allows(d, media);
      if (allowed === "kind") {
        unwanted.push(missingLine("kind", media, o.lang));
        continue;
      }
      const known = o.store.file(o.room, media.id);
      if (known !== null) entries.push(known);
      else if (allowed === "size" || exceedsProtocol(media))
        lines.push(missingLine("too_large", media, o.lang));
      else if (media.state.kind === "ready")
        entries.push(await o.files.seal(o.room, d.announcement, media.id, media.state.meta, signal));
      else if (media.state.kind === "failed") lines.push(missingLine(media.state.code, media, o.lang));
      else {
        lacking.push(media);
        lines.push(missingLine("later", media, o.lang));
      }
    }
    const { text } = d.clean;
    // A mapping's kinds are the rep's choice and need no word, unless nothing else would be left of the post.
    if (text.text === "" && entries.length === 0 && lines.length === 0) lines.push(...unwanted);
    const body = [text.text, ...lines].filter((l) => l !== "").join("\n\n");
    const build = (rev: number): Payload =>
      fitPayload({
        v: 1,
        t: 0,
        k: rev === 0 ? "post" : "edit",
        id: d.announcement,
        rev,
        text: body,
        marks: marks(text),
        ...(d.replyTo !== null && o.map.has(o.room, d.replyTo) ? { reply: d.replyTo } : {}),
        ...(d.pin ? { pin: true } : {}),
        ...(d.urgent ? { urgent: true } : {}),
        ...(d.was !== null && rev > 0 ? { was: d.was.text } : {}),
        ...(entries.length > 0 ? { files: entries } : {}),
      });
    return { kind: "ready", prepared: { kind: "record", build }, lacking: lacking.map((m) => m.id) };
  };

  return {
    room: o.room,
    async prepare(delivery, signal) {
      const may = o.writable();
      // Until the root certifies anew the lane waits: nothing of it is lost.
      if (may !== "yes") return { kind: "outcome", outcome: { kind: "retry", at: 0, code: may } };
      if (delivery.action === "remove") return retract(delivery);
      if (delivery.action === "reply") return notice(delivery);
      if (delivery.action === "note") return note(delivery);
      return announcement(delivery, signal);
    },
    async send(fixed) {
      o.grown();
      return { kind: "sent", receipt: fixed.key };
    },
  };
}

/** A mapping may allow more than a sealed room can carry. */
const exceedsProtocol = ({ state }: DeliveryMedia): boolean =>
  state.kind === "ready" && state.meta.size > LARGEST_CONTENT;

const ready = (payload: Payload, lacking: readonly []): Preparation => ({
  kind: "ready",
  prepared: { kind: "record", build: () => payload },
  lacking,
});
