import { createHash } from "node:crypto";
import sharp from "sharp";
import type { RoomView, ViewItem } from "../../../adapters/web/reader/view.ts";
import type { TestReader } from "../../reader.helper.ts";
import { type Post, textOf } from "./posts.ts";

const isReply = (item: ViewItem): boolean => item.reply !== null;

/** Banners that would mean something is wrong. */
const troubles = (room: RoomView) =>
  room.banners.map((b) => b.kind).filter((kind) => kind !== "history-begins");

const told = (value: unknown): string => JSON.stringify(value) ?? "nothing";

/**
 * What a room must show, in the order that it may have it in: each channel's posts in theirs. Those of two channels may
 * change places, since a channel that MAX does not let the bridge read for a while holds up no other.
 */
function arranged(own: readonly ViewItem[], wanted: readonly Post[]): readonly Post[] {
  const channels = Map.groupBy(wanted, (post) => post.chat);
  const queues = [...channels.values()].map((posts) => ({ posts, at: 0 }));
  const out: Post[] = [];
  for (const { text } of own) {
    const next = queues.find(({ posts, at }) => {
      const post = posts[at];
      return post !== undefined && textOf(post) === text;
    });
    const post = next?.posts[next.at];
    if (next === undefined || post === undefined) break;
    next.at++;
    out.push(post);
  }
  const rest = new Set(queues.flatMap(({ posts, at }) => posts.slice(at)));
  return [...out, ...wanted.filter((post) => rest.has(post))];
}

/**
 * The first thing in which a room differs from what it must show: exactly these posts, in order, each once, in their
 * last revision, with their files; null: nothing.
 */
export async function difference(reader: TestReader, posts: readonly Post[]): Promise<string | null> {
  const room = reader.room();
  if (room.loading) return "the room is still loading";
  const own = room.items.filter((i) => i.type === "post" && !isReply(i));
  const wanted = arranged(own, posts);
  const notes = room.items.filter((i) => i.type !== "post");
  for (let i = 0; i < Math.max(own.length, wanted.length); i++) {
    const [item, post] = [own[i], wanted[i]];
    const text = post === undefined ? undefined : textOf(post);
    if (item?.text !== text)
      return `place ${i} of ${wanted.length} (shown: ${own.length}) must show ${told(text)} and shows ${told(item?.text)}`;
  }
  const ids = new Set(own.map((i) => i.id));
  if (ids.size !== own.length) return `${own.length - ids.size} announcements are shown twice`;
  const replies = new Map<string, number>();
  for (const item of room.items.filter(isReply)) {
    const to = item.reply?.id ?? "";
    if (!ids.has(to)) return `a reply to nothing: ${told(item.text)}`;
    replies.set(to, (replies.get(to) ?? 0) + 1);
  }
  for (const [i, item] of own.entries()) {
    const post = wanted[i];
    if ((replies.get(item.id) ?? 0) > (post?.told ?? 0)) return `too many replies to ${told(item.text)}`;
    if (item.files.length !== (post?.file === null ? 0 : 1))
      return `${item.files.length} files at ${told(item.text)}`;
    for (const file of item.files) {
      const wrong = await fileDifference(reader, room.id, item, file.id, post?.file ?? null);
      if (wrong !== null) return wrong;
    }
  }
  if (notes.length > 0) return `a note that nothing asked for: ${told(notes[0]?.text)}`;
  const [banner] = troubles(room);
  return banner === undefined ? null : `a warning: ${banner}`;
}

async function fileDifference(
  reader: TestReader,
  room: string,
  item: ViewItem,
  file: string,
  wanted: string | null,
): Promise<string | null> {
  const blob = await reader.store.actions.openFile(room, item.id, file);
  if (blob === null) return `a file that does not open at ${told(item.text)}`;
  const bytes = new Uint8Array(await blob.arrayBuffer());
  const is =
    wanted === "image"
      ? (await sharp(bytes).metadata()).format
      : createHash("sha256").update(bytes).digest("hex");
  return is === (wanted === "image" ? "jpeg" : wanted) ? null : `another file at ${told(item.text)}`;
}
