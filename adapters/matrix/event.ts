import { createHash } from "node:crypto";
import type { RichText } from "../../bridge/model/rich-text.ts";
import { render } from "./html.ts";
import type { EventId } from "./ids.ts";

/** What an `m.room.message` says, in clear: nothing but the engine may get it. */
export type Content = Readonly<Record<string, unknown>>;

/**
 * The most that the JSON of a text may have, bytes. An event has at most 65,536 with all that the server puts around it
 * (some 4 KB); encryption makes 4 of 3, and an edit carries a short fallback beside the text.
 */
const LARGEST = 38_000;
/** The most of a text that the fallback of an edit repeats, UTF-16 units. */
const FALLBACK = 1_000;

const utf8 = new TextEncoder();
const sizeOf = (content: Content): number => utf8.encode(JSON.stringify(content)).length;

/** Nobody is mentioned whatever the text says, so nobody is called by an announcement that has "@room" in it. */
const NOBODY = { "m.mentions": {} } as const;

/** A text. `notice`: one of Postern's own, or a repetition, for which nobody's telephone rings. */
export function text(rich: RichText, kind: "text" | "notice"): Content {
  const { body, formatted } = render(rich);
  return {
    msgtype: `m.${kind}`,
    body,
    ...(formatted === null ? {} : { format: "org.matrix.custom.html", formatted_body: formatted }),
    ...NOBODY,
  };
}

/** Whether a text can be one event, also when it is edited later. */
export const fitsEvent = (rich: RichText): boolean => sizeOf(text(rich, "notice")) <= LARGEST;

/** Everybody in the room is called: for what is urgent. */
export const calling = (content: Content): Content => ({ ...content, "m.mentions": { room: true } });

/** The same as an answer to another event. */
export const answering = (content: Content, event: EventId): Content => ({
  ...content,
  "m.relates_to": { "m.in_reply_to": { event_id: event } },
});

const cut = (body: string): string =>
  body.length <= FALLBACK ? body : `${body.slice(0, FALLBACK).replace(/[\ud800-\udbff]$/, "")}…`;

/** The event that puts `content` in the place of an earlier one. Clients that know no edits show the fallback. */
export function replacing(content: Content, event: EventId): Content {
  const { msgtype, body } = content;
  return {
    msgtype,
    body: `* ${cut(typeof body === "string" ? body : "")}`,
    ...NOBODY,
    "m.new_content": content,
    "m.relates_to": { rel_type: "m.replace", event_id: event },
  };
}

/** Tells whether two events say the same, whomever they call and whatever they answer. */
export function sameness({ msgtype, body, formatted_body }: Content): string {
  const said = JSON.stringify([msgtype, body, formatted_body ?? null]);
  return createHash("sha256").update(said).digest("base64url").slice(0, 22);
}
