import { createHash } from "node:crypto";
import sharp from "sharp";
import { scrubWords } from "../../../bridge/pipeline/scrub-words.ts";
import type { RunningMax } from "../../../simulators/max/server.ts";
import type { Chance } from "./chance.ts";

export type Control = RunningMax["control"];

/** A post as it was published, and what every room must show of it. */
export interface Post {
  readonly chat: string;
  readonly mid: string;
  /** Its own words. */
  body: string;
  /** What Postern adds to them. */
  readonly tail: string;
  /** Edits that changed a digit: each may bring one short reply. */
  told: number;
  removed: boolean;
  /** SHA-256 of the file it carries; "image" for a photo, which is written anew. */
  readonly file: string | null;
}

export type Kind = "text" | "image" | "file" | "video" | "forward" | "attachment" | "markup";

const words = scrubWords("ru");
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** What is among every fifty posts besides texts. */
const among: readonly Kind[] = ["image", "file", "video", "forward", "attachment", "markup"];
const FIFTY = 50;
/** Every so many posts one is edited, and one removed. */
const EDITED = 20;
const REMOVED = 50;
/** Of two edits and removals one meets one of the newest posts, so many of them. */
const NEWEST = 60;

/** Posts, edits and removals by chance, and what rooms must show of them in the end. */
export class Posts {
  readonly #control: Control;
  readonly #chats: readonly string[];
  readonly #chance: Chance;
  readonly #photos: readonly string[];
  readonly #now: () => number;
  readonly all: Post[] = [];
  #next: Kind[] = [];
  edits = 0;
  removals = 0;

  private constructor(o: PostsOptions, photos: readonly string[]) {
    this.#control = o.control;
    this.#chats = o.chats;
    this.#chance = o.chance;
    this.#now = o.now;
    this.#photos = photos;
  }

  static async begin(o: PostsOptions): Promise<Posts> {
    const photos: string[] = [];
    for (let i = 0; i < 8; i++) {
      const background = { r: 30 * i, g: 90, b: 160 };
      const bytes = await sharp({ create: { width: 40, height: 30, channels: 3, background } })
        .jpeg()
        .toBuffer();
      photos.push(o.control.addMedia({ bytes, filename: "фото.jpg" }).mediaId);
    }
    return new Posts(o, photos);
  }

  /** Publishes one post (one of a kind that is wanted has a large file, of several chunks), and edits or removes an earlier one when it is time for that. */
  step(wanted: Kind | null = null): Post {
    const post = this.#publish(wanted ?? this.#kind(), wanted !== null);
    this.all.push(post);
    const n = this.all.length;
    if (n % EDITED === 0) this.#edit();
    if (n % REMOVED === 0) this.#remove();
    return post;
  }

  #kind(): Kind {
    if (this.#next.length === 0) {
      const texts = Array.from({ length: FIFTY - among.length }, (): Kind => "text");
      this.#next = [...this.#chance.shuffled([...among, ...texts])];
    }
    return this.#next.pop() ?? "text";
  }

  #publish(kind: Kind, large: boolean): Post {
    const n = this.all.length;
    const chat = this.#chance.pick(this.#chats);
    const body = `Пост ${n}: занятие в ${this.#chance.below(12) + 8}:00, аудитория ${this.#chance.below(400)}`;
    const text = kind === "forward" ? "" : body;
    // No two posts share a millisecond, so that their order is MAX's own, too.
    for (const last = this.#now(); this.#now() === last; );
    const { file, content } = this.#content(kind, large ? 70_000 + n : 4_000 + n, body);
    const { mid } = this.#control.publish({ chatId: chat, text, ...content });
    // Now and then the link that MAX tells of has expired by the time it is used.
    if (kind === "file" && this.#chance.next() < 0.3) this.#control.expireMedia({});
    const tails = { forward: `${words.forwarded}\n${body}`, attachment: words.unknown };
    const tail = kind === "forward" || kind === "attachment" ? tails[kind] : "";
    return { chat, mid, body: text, tail, told: 0, removed: false, file };
  }

  #content(kind: Kind, size: number, body: string): { file: string | null; content: object } {
    switch (kind) {
      case "image":
        return {
          file: "image",
          content: { attachments: [{ type: kind, media: this.#chance.pick(this.#photos) }] },
        };
      case "file":
      case "video": {
        const bytes = Buffer.alloc(size, `файл: ${body} `);
        const { mediaId } = this.#control.addMedia({ bytes, filename: "план.txt" });
        return { file: sha256(bytes), content: { attachments: [{ type: kind, media: mediaId }] } };
      }
      case "forward":
        return { file: null, content: { forward: { text: body } } };
      case "attachment":
        return {
          file: null,
          content: { attachments: [{ type: "raw", json: { type: "poll", question: "?" } }] },
        };
      case "markup":
        return { file: null, content: { markup: [{ type: "blink", from: 0, length: 4 }] } };
      default:
        return { file: null, content: {} };
    }
  }

  #someone(): Post | undefined {
    const among = this.#chance.next() < 0.5 ? this.all.slice(-NEWEST) : this.all;
    for (let i = 0; i < 20; i++) {
      const post = this.#chance.pick(among);
      if (!post.removed && post.body !== "") return post;
    }
    return undefined;
  }

  #edit(): void {
    const post = this.#someone();
    if (post === undefined) return;
    const word = this.#chance.next() < 0.5;
    post.body = word ? `${post.body}, уточнено` : `${post.body}, корпус ${this.#chance.below(90) + 10}`;
    if (!word) post.told++;
    this.edits++;
    this.#control.edit({ mid: post.mid, text: post.body });
  }

  #remove(): void {
    const post = this.#someone();
    if (post === undefined) return;
    post.removed = true;
    this.removals++;
    this.#control.remove({ mid: post.mid });
  }

  /** Posts that a room of these channels shows, in their order. */
  wanted(chats: readonly string[]): readonly Post[] {
    return this.all.filter((p) => chats.includes(p.chat) && !p.removed);
  }
}

export interface PostsOptions {
  readonly control: Control;
  readonly chats: readonly string[];
  readonly chance: Chance;
  readonly now: () => number;
}

/** The text that a room shows of a post. */
export const textOf = ({ body, tail }: Post): string => [body, tail].filter((t) => t !== "").join("\n\n");
