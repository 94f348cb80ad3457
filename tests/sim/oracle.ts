import type { RoomName } from "../../bridge/model/ids.ts";
import type { Mapping } from "../../bridge/model/mapping.ts";
import { mappingOf } from "./expected.ts";
import { leftovers } from "./leftovers.ts";
import type { Living, Surroundings } from "./life.ts";
import { digestOf } from "./messenger.ts";
import { chatRoom, type Shown, type State, sealedRoom } from "./rooms.ts";
import { type FilePlan, ROOMS } from "./scenario.ts";
import { contentOf, named, type TruePost, type Version } from "./truth.ts";

/** The files of a version as a mapping lets them through: what each is, or why it is not there. */
function filesOf(
  version: Version,
  mapping: Mapping,
): { readonly files: readonly string[]; readonly lines: readonly string[] } {
  const files: string[] = [];
  const lines: string[] = [];
  for (const file of version.files) {
    if (!mapping.attachments.includes(file.kind)) continue;
    const why = missing(file, mapping);
    if (why === null) files.push(digestOf(contentOf(file)));
    else lines.push(why);
  }
  return { files, lines };
}

const missing = (file: FilePlan, mapping: Mapping): string | null => {
  if (file.fate === "gone") return "gone";
  return file.fate === "large" || file.size > mapping.largestFile ? "too_large" : null;
};

const same = (a: readonly string[], b: readonly string[]): boolean => a.join("\n") === b.join("\n");

/** What is wrong with one room, compared with what really happened in the source. */
class RoomJudge {
  readonly #s: Surroundings;
  readonly #room: RoomName;
  readonly #items: readonly Shown[];
  /** Announcements that the messenger would not take something of. */
  readonly #excused: ReadonlySet<string>;

  constructor(s: Surroundings, room: RoomName, items: readonly Shown[], excused: ReadonlySet<string>) {
    this.#s = s;
    this.#room = room;
    this.#items = items;
    this.#excused = excused;
  }

  #wrong(what: string): void {
    this.#s.world.wrong(`${this.#room}: ${what}`);
  }

  judge(onlyMissing = false): void {
    const own = new Map<number, Shown[]>();
    for (const item of this.#items) {
      const n = named(item.states[0]?.text ?? "")?.n;
      if (n !== undefined) own.set(n, [...(own.get(n) ?? []), item]);
    }
    for (const post of this.#s.truth.posts) {
      const found = own.get(post.n) ?? [];
      if (!onlyMissing || found.length === 0) this.#post(post, found);
    }
    if (onlyMissing) return;
    this.#order([...own].flatMap(([n, items]) => (items.some((i) => !i.gone) ? [n] : [])));
  }

  /** Originals stand in the order in which they were posted, but for those that a later edit brought here. */
  #order(ns: readonly number[]): void {
    const { scenario, truth } = this.#s;
    const straight = ns.filter((n) => {
      const post = truth.find(n);
      const first = post?.versions[0];
      return (
        post !== undefined &&
        !post.passed &&
        first !== undefined &&
        mappingOf(scenario.mappings, post, first, this.#room) !== null
      );
    });
    for (const [i, n] of straight.entries())
      if (n < (straight[i - 1] ?? -1)) this.#wrong(`post ${n} was overtaken by post ${straight[i - 1]}`);
  }

  #post(post: TruePost, found: readonly Shown[]): void {
    const last = post.versions.at(-1);
    const mapping = last === undefined ? null : mappingOf(this.#s.scenario.mappings, post, last, this.#room);
    if (last === undefined || mapping === null) {
      if (found.length > 0) this.#wrong(`post ${post.n} does not belong here`);
      return;
    }
    if (found.length > 1) this.#wrong(`post ${post.n} stands here ${found.length} times`);
    const [item] = found;
    const excused = item === undefined ? this.#excused.size > 0 : this.#excused.has(item.id);
    if (excused) return;
    if (item === undefined) {
      if (!post.removed) this.#wrong(`post ${post.n} was lost`);
      return;
    }
    this.#history(post, item, mapping);
    if (post.removed) this.#removed(post, item, mapping);
    else this.#standing(post, item, last, mapping);
    this.#notices(post, item, mapping);
  }

  #standing(post: TruePost, item: Shown, last: Version, mapping: Mapping): void {
    const state = item.states.at(-1);
    if (item.gone || state === undefined) return this.#wrong(`post ${post.n} was taken away`);
    if (state.text !== last.text)
      this.#wrong(`post ${post.n} stands as "${state.text}", not as "${last.text}"`);
    if (state.struck) this.#wrong(`post ${post.n} is struck through`);
    const { files, lines } = filesOf(last, mapping);
    if (!same(state.files, files) || !same(state.lines, lines))
      this.#wrong(
        `post ${post.n} has the files [${state.files}] and lines [${state.lines}], not [${files}] and [${lines}]`,
      );
    const answered =
      post.replyTo === null
        ? undefined
        : this.#items.find((i) => named(i.states[0]?.text ?? "")?.n === post.replyTo);
    const known = state.reply === null || this.#excused.has(state.reply);
    if (!known && state.reply !== answered?.id) this.#wrong(`post ${post.n} answers another post`);
  }

  #removed(post: TruePost, item: Shown, mapping: Mapping): void {
    const { removals } = mapping;
    if (removals === "remove" && !item.gone) this.#wrong(`post ${post.n} was removed and still stands here`);
    if (removals === "strike" && (item.gone || item.states.at(-1)?.struck !== true))
      this.#wrong(`post ${post.n} was removed and is not struck through`);
    if (removals === "keep" && (item.gone || item.states.at(-1)?.struck === true))
      this.#wrong(`post ${post.n} was to be kept`);
  }

  /** Every state is one that the post really had, none older than one before it. */
  #history(post: TruePost, item: Shown, mapping: Mapping): void {
    let before: State | null = null;
    for (const state of item.states) {
      const version = named(state.text)?.version ?? -1;
      if (post.versions[version]?.text !== state.text) this.#wrong(`post ${post.n} says "${state.text}"`);
      const earlier = before === null ? -1 : (named(before.text)?.version ?? -1);
      if (
        before !== null &&
        version === earlier &&
        bare(before) &&
        bare(state) &&
        state.struck === before.struck
      )
        this.#wrong(`post ${post.n} was told twice in version ${version}`);
      if (version < earlier) this.#wrong(`post ${post.n} went back from version ${earlier} to ${version}`);
      if (before !== null && version > earlier && !state.struck) {
        const was = mapping.edits === "replace" ? null : before.text;
        if (state.was !== was) this.#wrong(`post ${post.n} was "${state.was}" before, not "${was}"`);
      }
      before = state;
    }
  }

  /** One short notice for every edit that readers saw change a fact, where the mapping asks for it. */
  #notices(post: TruePost, item: Shown, mapping: Mapping): void {
    const notices = this.#items.filter(
      (i) => i.states[0]?.reply === item.id && named(i.states[0]?.text ?? "") === null,
    );
    const seen = notices.filter((i) => !i.gone).length;
    if (item.gone) {
      if (seen > 0) this.#wrong(`notices of post ${post.n} outlived it`);
      return;
    }
    const facts = item.states.filter((state) => !state.struck).map((state) => factOf(post, state));
    const changes = facts.filter((fact, i) => i > 0 && fact !== facts[i - 1]).length;
    const wanted = mapping.edits === "announce" ? changes : 0;
    if (!post.removed && seen !== wanted) this.#wrong(`post ${post.n} has ${seen} notices, not ${wanted}`);
  }
}

/** Nothing but text: a state that brings a late file may say the same text again. */
const bare = (state: State): boolean => state.files.length === 0 && state.lines.length === 0;

const factOf = (post: TruePost, state: State): number | undefined =>
  post.versions[named(state.text)?.version ?? -1]?.fact;

/** Compares everything that readers have with what happened in the source, and looks for what should be erased. */
export async function judge(s: Surroundings, life: Living): Promise<void> {
  const [open, sealed, chat] = ROOMS;
  if (open === undefined || sealed === undefined || chat === undefined) throw new Error("three rooms");
  const none: ReadonlySet<string> = new Set();
  new RoomJudge(s, open, sealedRoom(s, life, open), none).judge();
  new RoomJudge(s, sealed, sealedRoom(s, life, sealed), none).judge();
  // A messenger cannot know what a database that was put back has forgotten: there, only what is missing counts.
  const restored = s.world.hits.has("restore");
  new RoomJudge(s, chat, chatRoom(s.chat.messages), s.chat.refused).judge(restored);
  await leftovers(s, life);
}
