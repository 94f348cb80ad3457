import type { Dispatcher } from "undici";
import type { Clock } from "../../bridge/model/effects.ts";
import type { MediaRef } from "../../bridge/model/ids.ts";
import type { MediaOutcome } from "../../bridge/model/source.ts";
import { get } from "../net/get.ts";
import { pauseOf } from "../net/pause.ts";
import type { Client } from "./client.ts";
import { decodePost, mediaIn, Ref } from "./decode.ts";
import { lookUpSurely } from "./lookup.ts";
import { Video } from "./wire.ts";

export interface MediaOptions {
  readonly client: Client;
  readonly dispatcher: Dispatcher;
  readonly clock: Clock;
}

const DEADLINE = 30_000;
/** No byte for so long, ms, and the download counts as failed. */
const FREEZE = 30_000;
const REDIRECTS = 3;
/** A video that MAX has not finished preparing is asked for again after this. */
const PREPARING = 30_000;
const PAUSE = 5_000;

/** Whether what came is a page, such as a proxy shows in place of the file. */
const isPage = (headers: Readonly<Record<string, string | readonly string[] | undefined>>): boolean =>
  /^text\/html\b/i.test(String(headers["content-type"] ?? ""));

type Opened = MediaOutcome | { readonly kind: "expired" };

/** Opens attachments by what a message said of them; the token is never sent to where media lie. */
export function createMedia(o: MediaOptions) {
  const later = (ms: number): MediaOutcome => ({ kind: "retry", at: o.clock.now() + ms });

  const open = async (address: string, ref: Ref, limit: number, signal: AbortSignal): Promise<Opened> => {
    let url = URL.parse(address);
    for (let step = 0; step <= REDIRECTS; step++) {
      if (url === null || (url.protocol !== "https:" && url.protocol !== "http:")) return { kind: "gone" };
      let answer: Dispatcher.ResponseData;
      const frozen = new AbortController();
      const begun = new AbortController();
      void o.clock.sleep(FREEZE, begun.signal).then(() => {
        if (!begun.signal.aborted) frozen.abort();
      });
      try {
        const either = AbortSignal.any([signal, frozen.signal]);
        answer = await get(url, { dispatcher: o.dispatcher, signal: either });
      } catch {
        return later(PAUSE);
      } finally {
        begun.abort();
      }
      const { statusCode: status, headers, body } = answer;
      const length = Number(headers["content-length"] ?? Number.NaN);
      const size = Number.isSafeInteger(length) ? length : null;
      const page = isPage(headers) && !(ref.kind === "file" && ref.size === size);
      if (status === 200 && !page && (size === null || size <= limit))
        return { kind: "open", size, stream: watched(body, o.clock) };
      body.on("error", () => {});
      body.destroy();
      if (status === 200 && page) return later(PAUSE);
      if (status === 200) return { kind: "too_large", size: size ?? limit + 1 };
      if (status >= 300 && status < 400) url = URL.parse(String(headers.location ?? ""), url);
      else if (status === 403 || status === 404 || status === 410) return { kind: "expired" };
      else return later(status === 429 ? Math.max(PAUSE, pauseOf(headers, o.clock.now())) : PAUSE);
    }
    return { kind: "gone" };
  };

  /** The best quality that is not too large; MAX names them mp4_1080, mp4_720 and so on. */
  const video = async (token: string, ref: Ref, limit: number, signal: AbortSignal): Promise<Opened> => {
    const answer = await o.client.get(`/videos/${encodeURIComponent(token)}`, {}, DEADLINE, signal);
    if (answer.kind === "trouble") return later(Math.max(PAUSE, answer.retryAfter));
    if (answer.kind === "refused") return answer.status === 404 ? { kind: "expired" } : later(PREPARING);
    const { data } = Video.safeParse(answer.json);
    if (data?.urls == null) return later(PREPARING);
    const files = Object.entries(data.urls)
      .flatMap(([name, url]) => {
        const height = /^mp4_(\d+)$/.exec(name)?.[1];
        return height === undefined || url == null ? [] : [{ height: Number(height), url }];
      })
      .toSorted((a, b) => b.height - a.height);
    let last: Opened = { kind: "gone" };
    for (const file of files) {
      last = await open(file.url, ref, limit, signal);
      if (last.kind !== "too_large") return last;
    }
    return last;
  };

  const byRef = (ref: Ref, limit: number, signal: AbortSignal): Promise<Opened> | Opened => {
    // A video's own link leads to a page that plays it.
    if (ref.kind === "video")
      return ref.token === null ? { kind: "gone" } : video(ref.token, ref, limit, signal);
    return ref.url === null ? { kind: "expired" } : open(ref.url, ref, limit, signal);
  };

  /** The same attachment with the links of today; null: the message or the attachment is gone. */
  const anew = async (ref: Ref, signal: AbortSignal): Promise<Ref | null | "later"> => {
    const message = await lookUpSurely(o.client, ref.chat, ref.mid, signal);
    if (message === "gone") return null;
    if (message === "unknown") return "later";
    const same = mediaIn(decodePost(message)).find((m) => m.identity === ref.identity);
    return same === undefined ? null : Ref.parse(JSON.parse(same.ref));
  };

  /** See {@link Source.media}. */
  return async (given: MediaRef, limit: number, signal: AbortSignal): Promise<MediaOutcome> => {
    const ref = Ref.parse(JSON.parse(given));
    const first = await byRef(ref, limit, signal);
    if (first.kind !== "expired") return first;
    const fresh = await anew(ref, signal);
    if (fresh === "later") return later(PREPARING);
    if (fresh === null) return { kind: "gone" };
    const second = await byRef(fresh, limit, signal);
    return second.kind === "expired" ? later(PREPARING) : second;
  };
}

/** A body that breaks off when no byte comes for {@link FREEZE}. Time in which nobody asks for more does not count. */
async function* watched(body: Dispatcher.ResponseData["body"], clock: Clock): AsyncIterable<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array> = body[Symbol.asyncIterator]();
  try {
    for (;;) {
      const came = new AbortController();
      void clock.sleep(FREEZE, came.signal).then(() => {
        if (!came.signal.aborted) body.destroy(new Error("no byte came"));
      });
      const step = await pieces.next().finally(() => came.abort());
      if (step.done === true) return;
      yield step.value;
    }
  } finally {
    body.on("error", () => {});
    body.destroy();
  }
}
