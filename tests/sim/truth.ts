import { ForeignId, MediaRef } from "../../bridge/model/ids.ts";
import type { RawMedia, RawPost } from "../../bridge/model/post.ts";
import { plain } from "../../bridge/model/rich-text.ts";
import { CHANNELS, type EventPlan, type FilePlan, LISTED, STRANGER, SURE } from "./scenario.ts";
import { START, type World } from "./world.ts";

/** A post as it stood between two edits. */
export interface Version {
  readonly tags: readonly string[];
  readonly fact: number;
  readonly files: readonly FilePlan[];
  readonly text: string;
}

export interface TruePost {
  readonly n: number;
  readonly channel: 0 | 1;
  readonly sender: "channel" | "listed" | "stranger";
  readonly postedAt: number;
  readonly replyTo: number | null;
  /** It stood there before the mirror's first contact. */
  readonly old: boolean;
  readonly versions: Version[];
  removed: boolean;
  /** It was removed before it was told of, and a history has told of later ones without it: it comes after them. */
  passed: boolean;
}

/** One thing that the source tells live, unless it lies in a gap: then only the history knows. */
export type Update = { readonly at: number; lost: boolean } & (
  | { readonly type: "posted" | "edited"; readonly post: TruePost; readonly version: number }
  | { readonly type: "removed"; readonly post: TruePost }
);

const LETTERS = "бвгджзклмр";
/** A number as letters: digits would be facts that readers are told of. */
const word = (n: number): string => [...`${n}`].map((d) => LETTERS[Number(d)]).join("");
const numberOf = (letters: string): number => Number([...letters].map((l) => LETTERS.indexOf(l)).join(""));

function textOf(n: number, version: number, tags: readonly string[], fact: number): string {
  return [`Пост ${word(n)} вид ${word(version)}`, ...tags, `задача ${fact}`].join(" ");
}

/** Which post and which of its versions a text is; null: none. */
export function named(text: string): { readonly n: number; readonly version: number } | null {
  const found = /^Пост ([бвгджзклмр]+) вид ([бвгджзклмр]+)/u.exec(text);
  return found === null ? null : { n: numberOf(found[1] ?? ""), version: numberOf(found[2] ?? "") };
}

/** The bytes of an attachment, made from its name. */
export function contentOf(file: FilePlan): Uint8Array {
  const out = Buffer.alloc(file.size, `${file.identity}/`);
  out.set(Buffer.from("%PDF-1.4\n").subarray(0, file.size));
  return out;
}

/** Quiet removals that a run may hold: more at once would be a question to the rep and no removals. */
const MOST_QUIET = 4;
const FIRST_POSTS = 2;

/** What really happened in the source. */
export class Truth {
  readonly posts: TruePost[] = [];
  readonly updates: Update[] = [];
  readonly files = new Map<
    string,
    { readonly plan: FilePlan; readonly from: number; readonly post: TruePost }
  >();
  /** Everything that was to happen has happened. */
  over = false;
  /** Whether the bridge was told of enough, or will be of what has happened. */
  enough: () => boolean = () => false;
  /** Called when something happened. */
  happened: () => void = () => {};
  readonly #world: World;
  #toLose = 0;
  #quiet = 0;
  #at = 0;
  #goOn: () => void = () => {};

  constructor(world: World) {
    this.#world = world;
    for (let i = 0; i < FIRST_POSTS; i++)
      this.#begin(
        {
          n: 900 + i,
          channel: i === 0 ? 0 : 1,
          sender: "channel",
          tags: ["#экзамен"],
          fact: 1,
          replyTo: null,
          files: [],
        },
        START - 60_000 + i,
        true,
      );
  }

  /**
   * Lets the scenario's events happen at their times, those that are not sure until it is enough. `each` is called
   * before every one, with its place.
   */
  play(each: (index: number) => void): void {
    const { events } = this.#world.scenario;
    const at = (index: number): void => {
      const event = events[index];
      this.over = event === undefined || (index >= SURE && this.enough());
      if (event === undefined || this.over) {
        this.#goOn = () => at(index);
        this.happened();
        return;
      }
      this.#world.later(this.#world.mono + event.after, () => {
        each(index);
        this.#happen(event);
        this.happened();
        at(index + 1);
      });
    };
    at(0);
  }

  /** Of what was thought to be enough, a gap may have swallowed some. True: more happens. */
  goesOn(): boolean {
    this.#goOn();
    return !this.over;
  }

  /** The next `count` things are told by the history alone. */
  lose(count: number): void {
    this.#toLose = count;
  }

  #time(): number {
    this.#at = Math.max(this.#at + 1, this.#world.sourceNow());
    return this.#at;
  }

  #tell(update: Update): void {
    this.updates.push(update);
    if (this.#toLose <= 0) return;
    this.#toLose--;
    if (update.type === "removed" && ++this.#quiet > MOST_QUIET) return;
    update.lost = true;
  }

  #begin(
    p: Omit<Extract<EventPlan, { kind: "post" }>, "kind" | "after">,
    postedAt: number,
    old: boolean,
  ): TruePost {
    const { n, channel, sender, replyTo, tags, fact, files } = p;
    const post: TruePost = {
      n,
      channel,
      sender,
      postedAt,
      replyTo,
      old,
      versions: [{ tags, fact, files, text: textOf(n, 0, tags, fact) }],
      removed: false,
      passed: false,
    };
    this.posts.push(post);
    for (const plan of files) this.files.set(plan.identity, { plan, from: postedAt, post });
    return post;
  }

  find = (n: number): TruePost | undefined => this.posts.find((p) => p.n === n);

  #happen(event: EventPlan): void {
    const at = this.#time();
    if (event.kind === "post") {
      const post = this.#begin(event, at, false);
      this.#tell({ type: "posted", post, version: 0, at, lost: false });
      return;
    }
    const post = event.kind === "old" ? this.posts[0] : this.find(event.n);
    const last = post?.versions.at(-1);
    if (post === undefined || last === undefined || post.removed) return;
    if (event.kind === "remove") {
      post.removed = true;
      this.#tell({ type: "removed", post, at, lost: false });
      return;
    }
    if (event.kind === "old" || !event.empty) post.versions.push(this.#edited(post, last, event, at));
    this.#tell({ type: "edited", post, version: post.versions.length - 1, at, lost: false });
  }

  #edited(
    post: TruePost,
    last: Version,
    event: Extract<EventPlan, { kind: "edit" | "old" }>,
    at: number,
  ): Version {
    const over = event.kind === "old" ? { fact: null, tag: null, files: "stay" as const } : event;
    const fact = over.fact ?? last.fact;
    const tags = over.tag === null || last.tags.includes(over.tag) ? last.tags : [...last.tags, over.tag];
    const added = typeof over.files === "string" ? [] : [over.files];
    for (const plan of added) this.files.set(plan.identity, { plan, from: at, post });
    const files = over.files === "drop" ? [] : [...last.files, ...added];
    return { tags, fact, files, text: textOf(post.n, post.versions.length, tags, fact) };
  }
}

export const foreignId = (post: TruePost): ForeignId => ForeignId.parse(`mid.${post.n}`);

/** A version as the source's adapter decodes it. */
export function raw(post: TruePost, version: number): RawPost {
  const v = post.versions[version];
  if (v === undefined) throw new RangeError("no such version");
  return {
    channel: CHANNELS[post.channel],
    foreignId: foreignId(post),
    postedAt: post.postedAt,
    sender: post.sender === "channel" ? null : post.sender === "listed" ? LISTED : STRANGER,
    body: plain(v.text),
    attachments: v.files.map(
      (f): RawMedia => ({
        type: "media",
        kind: f.kind,
        ref: MediaRef.parse(f.identity),
        identity: f.identity,
        name: "расписание.pdf",
        size: f.size,
      }),
    ),
    ...(post.replyTo === null ? {} : { replyTo: ForeignId.parse(`mid.${post.replyTo}`) }),
  };
}
