import type { RoomName } from "../model/ids.ts";
import type { Mapping, Selector } from "../model/mapping.ts";
import type { RawPost } from "../model/post.ts";
import { inTime } from "./in-time.ts";

/** Where a post goes, by which mapping, and how. */
export interface RoutePlan {
  readonly room: RoomName;
  readonly mapping: Mapping;
  readonly urgent: boolean;
  readonly pin: boolean;
}

export interface Routed {
  /** The rooms, each once, under the first mapping that matches. Empty: the post goes nowhere. */
  readonly plans: readonly RoutePlan[];
  /** A pattern took too long to be decided, so it kept nothing back. */
  readonly undecided: boolean;
}

/** Patterns look at this much of a text: a hostile post must not hold up the rest. */
const LOOKED_AT = 10_000;
/** How long all patterns may look at one post, ms, and then each by itself. */
const PATIENCE = 300;
const hashtag = /#[\p{L}\p{M}\p{N}_]+/gu;

interface Looked {
  readonly text: string;
  readonly tags: ReadonlySet<string>;
}

/** Tries a pattern on a text; null: it could not be decided in time. */
type Try = (pattern: RegExp, text: string) => boolean | null;

/** How tags are compared: one normal form, without case. */
const folded = (tag: string): string => tag.replace(/^#/, "").normalize("NFC").toLowerCase();

/** What selectors look at: the post's own words and those it forwards. */
function look(post: RawPost): Looked {
  const text = [post.body.text, post.forward?.body.text ?? ""]
    .join("\n")
    .slice(0, LOOKED_AT)
    .normalize("NFC");
  return { text, tags: new Set([...text.matchAll(hashtag)].map((m) => folded(m[0]))) };
}

/** Unlike `test`, it does not depend on where a pattern with the flags g or y looked last. */
const found: Try = (pattern, text) => text.search(pattern) >= 0;
const foundInTime: Try = (pattern, text) => inTime(PATIENCE, () => found(pattern, text))?.value ?? null;

/** By the mappings in their order. `attempt` may leave patterns undecided: such a one keeps no post back. */
function plan(mappings: readonly Mapping[], post: RawPost, looked: Looked, attempt: Try): Routed {
  let undecided = false;
  const selects = (selector: Selector, otherwise: boolean): boolean => {
    if (selector.kind === "hashtag") return looked.tags.has(folded(selector.tag));
    const answer = attempt(selector.pattern, looked.text);
    if (answer === null) undecided = true;
    return answer ?? otherwise;
  };
  const any = (selectors: readonly Selector[], otherwise: boolean): boolean =>
    selectors.some((s) => selects(s, otherwise));
  const matches = (mapping: Mapping): boolean => {
    if (mapping.channel !== post.channel) return false;
    if (post.sender !== null && !mapping.senders.includes(post.sender)) return false;
    if (mapping.include.length > 0 && !any(mapping.include, true)) return false;
    return !any(mapping.exclude, false);
  };
  const plans = new Map<RoomName, RoutePlan>();
  for (const mapping of mappings) {
    if (mapping.rooms.every((room) => plans.has(room)) || !matches(mapping)) continue;
    const urgent = any(mapping.urgent, false);
    const pin = any(mapping.pin, false);
    for (const room of mapping.rooms) if (!plans.has(room)) plans.set(room, { room, mapping, urgent, pin });
  }
  return { plans: [...plans.values()], undecided };
}

const hasPattern = (mapping: Mapping): boolean =>
  [mapping.include, mapping.exclude, mapping.urgent, mapping.pin].some((list) =>
    list.some((s) => s.kind === "pattern"),
  );

/**
 * Where a post goes: only the channel's own posts and those of listed senders, by the first mapping that matches.
 * A pattern of the rep's that would look at it for ever is ended and keeps nothing back.
 */
export function route(mappings: readonly Mapping[], post: RawPost): Routed {
  const looked = look(post);
  const own = mappings.filter((m) => m.channel === post.channel);
  if (!own.some(hasPattern)) return plan(own, post, looked, found);
  const quick = inTime(PATIENCE, () => plan(own, post, looked, found));
  return quick === null ? plan(own, post, looked, foundInTime) : quick.value;
}
