import { Cursor, type SourceName } from "../bridge/model/ids.ts";
import type { RawPost } from "../bridge/model/post.ts";
import type { Source, SourceSignal } from "../bridge/model/source.ts";

/** A source that tells what it is handed, at once: the bench does not wait for MAX's own pace. */
export interface ToldSource extends Source {
  /** One batch. */
  tell(posts: readonly RawPost[]): void;
}

export function toldSource(name: SourceName): ToldSource {
  const waiting: (readonly RawPost[])[] = [];
  let ring = (): void => {};
  let told = 0;
  const next = (posts: readonly RawPost[]): SourceSignal => ({
    kind: "batch",
    events: posts.map((post) => ({ type: "posted", at: post.postedAt, post })),
    cursor: Cursor.parse(String(++told)),
    readAt: Date.now(),
  });
  return {
    name,
    tell(posts) {
      waiting.push(posts);
      ring();
    },
    async *events(_cursor, signal) {
      signal.addEventListener("abort", () => ring(), { once: true });
      while (!signal.aborted) {
        const posts = waiting.shift();
        if (posts !== undefined) yield next(posts);
        else
          await new Promise<void>((resolve) => {
            ring = resolve;
          });
      }
    },
    media: async () => ({ kind: "gone" }),
    gone: async () => "unknown",
    check: async () => [],
  };
}
