import { createHash } from "node:crypto";
import sharp from "sharp";
import { expect } from "vitest";
import type { RoomView, ViewItem } from "../../../adapters/web/reader/view.ts";
import type { TestReader } from "../../reader.helper.ts";
import type { startMax } from "./stack.helper.ts";

type Max = Awaited<ReturnType<typeof startMax>>;

/** Numbers in [0, 1) from a seed (mulberry32): the same run of posts each time. */
export function chance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

interface Post {
  readonly chat: string;
  readonly mid: string;
  text: string;
  /** Edits that changed a digit: each may bring one short reply. */
  told: number;
  removed: boolean;
  /** SHA-256 of the file it carries; "image" for a photo, which is written anew. */
  readonly file: string | null;
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Posts, edits, removals and media by chance, and what every room must show of them in the end. */
export class Scenario {
  readonly #max: Max;
  readonly #chats: readonly string[];
  readonly #next: () => number;
  readonly #posts: Post[] = [];
  constructor(max: Max, chats: readonly string[], seed: number) {
    this.#max = max;
    this.#chats = chats;
    this.#next = chance(seed);
  }

  /** Publishes one post, and now and then edits or removes an earlier one. */
  async step(): Promise<void> {
    const n = this.#posts.length;
    const chat = this.#chats[this.#next() < 0.65 ? 0 : 1] ?? "";
    const text = `Пост ${n}: занятие в ${Math.floor(this.#next() * 12) + 8}:00, аудитория ${Math.floor(this.#next() * 400)}`;
    const { file, attachment } = await this.#media(n);
    const mid = await this.#max.publish({ chatId: chat, text, attachments: attachment });
    this.#posts.push({ chat, mid, text, told: 0, removed: false, file });
    if (this.#next() < 0.15) await this.#edit();
    if (this.#next() < 0.07) await this.#remove();
  }

  async #media(
    n: number,
  ): Promise<{ readonly file: string | null; readonly attachment: readonly unknown[] }> {
    if (n % 12 === 5) {
      const background = { r: n % 256, g: 90, b: 160 };
      const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background } })
        .jpeg()
        .toBuffer();
      const { mediaId } = await this.#max.media({ bytes: bytes.toString("base64"), filename: "фото.jpg" });
      return { file: "image", attachment: [{ type: "image", media: mediaId }] };
    }
    if (n % 12 !== 9) return { file: null, attachment: [] };
    const bytes = Buffer.alloc(70_000 + n * 997, `файл ${n} `);
    const { mediaId } = await this.#max.media({ bytes: bytes.toString("base64"), filename: "план.txt" });
    return { file: sha256(bytes), attachment: [{ type: "file", media: mediaId }] };
  }

  #someone(): Post | undefined {
    const there = this.#posts.filter((p) => !p.removed);
    return there[Math.floor(this.#next() * there.length)];
  }

  async #edit(): Promise<void> {
    const post = this.#someone();
    if (post === undefined) return;
    const word = this.#next() < 0.5;
    post.text = word
      ? `${post.text}, уточнено`
      : `${post.text}, корпус ${Math.floor(this.#next() * 90) + 10}`;
    if (!word) post.told++;
    await this.#max.edit({ mid: post.mid, text: post.text });
  }

  async #remove(): Promise<void> {
    const post = this.#someone();
    if (post === undefined) return;
    post.removed = true;
    await this.#max.remove(post.mid);
  }

  /** What a room shows of these channels: texts in their order. */
  texts(chats: readonly string[]): readonly string[] {
    return this.#wanted(chats).map((p) => p.text);
  }

  #wanted(chats: readonly string[]): readonly Post[] {
    return this.#posts.filter((p) => chats.includes(p.chat) && !p.removed);
  }

  /** Throws unless the reader shows exactly its set: in order, each once, in its last revision, with its files. */
  async check(reader: TestReader, chats: readonly string[]): Promise<void> {
    const room = reader.room();
    const wanted = this.#wanted(chats);
    const own = room.items.filter((i) => i.type === "post" && !isReply(i));
    expect(own.map((i) => i.text)).toEqual(wanted.map((p) => p.text));
    expect(new Set(own.map((i) => i.id)).size).toBe(own.length);
    for (const [i, item] of own.entries()) {
      const post = wanted[i];
      const replies = room.items.filter((r) => r.reply?.id === item.id);
      expect(replies.length).toBeLessThanOrEqual(post?.told ?? 0);
      expect(item.files).toHaveLength(post?.file === null ? 0 : 1);
      for (const file of item.files) {
        const blob = await reader.store.actions.openFile(room.id, item.id, file.id);
        if (blob === null) throw new Error(`a file that does not open: ${item.text}`);
        const bytes = new Uint8Array(await blob.arrayBuffer());
        if (post?.file === "image") expect((await sharp(bytes).metadata()).format).toBe("jpeg");
        else expect(sha256(bytes)).toBe(post?.file);
      }
    }
    const ids = new Set(own.map((i) => i.id));
    for (const reply of room.items.filter(isReply)) expect(ids).toContain(reply.reply?.id);
    expect(troubles(room)).toEqual([]);
  }
}

const isReply = (item: ViewItem): boolean => item.reply !== null;

/** Banners that would mean something is wrong. */
const troubles = (room: RoomView) =>
  room.banners.map((b) => b.kind).filter((kind) => kind !== "history-begins");
