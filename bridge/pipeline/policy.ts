import type { RoomName } from "../model/ids.ts";
import type { Mapping, Selector } from "../model/mapping.ts";
import type { RawPost } from "../model/post.ts";

/** Where a post goes, by which mapping, and how. */
export interface RoutePlan {
  readonly room: RoomName;
  readonly mapping: Mapping;
  readonly urgent: boolean;
  readonly pin: boolean;
}

/** Patterns look at this much of a text: a hostile post must not hold up the rest. */
const LOOKED_AT = 10_000;
const hashtag = /#[\p{L}\p{N}_]+/gu;

interface Looked {
  readonly text: string;
  readonly tags: ReadonlySet<string>;
}

/** What selectors look at: the post's own words and those it forwards. */
function look(post: RawPost): Looked {
  const text = [post.body.text, post.forward?.body.text ?? ""].join("\n").slice(0, LOOKED_AT);
  return { text, tags: new Set([...text.matchAll(hashtag)].map((m) => m[0].slice(1).toLowerCase())) };
}

const selects = (selector: Selector, post: Looked): boolean =>
  selector.kind === "hashtag"
    ? post.tags.has(selector.tag.replace(/^#/, "").toLowerCase())
    : selector.pattern.test(post.text);

const any = (selectors: readonly Selector[], post: Looked): boolean =>
  selectors.some((s) => selects(s, post));

function matches(mapping: Mapping, post: RawPost, looked: Looked): boolean {
  if (mapping.channel !== post.channel) return false;
  if (post.sender !== null && !mapping.senders.includes(post.sender)) return false;
  if (mapping.include.length > 0 && !any(mapping.include, looked)) return false;
  return !any(mapping.exclude, looked);
}

/** The rooms a post goes to, each once, under the first mapping that matches. Empty: it goes nowhere. */
export function route(mappings: readonly Mapping[], post: RawPost): readonly RoutePlan[] {
  const looked = look(post);
  const plans = new Map<RoomName, RoutePlan>();
  for (const mapping of mappings) {
    if (!matches(mapping, post, looked)) continue;
    for (const room of mapping.rooms) {
      if (plans.has(room)) continue;
      plans.set(room, {
        room,
        mapping,
        urgent: any(mapping.urgent, looked),
        pin: any(mapping.pin, looked),
      });
    }
  }
  return [...plans.values()];
}
