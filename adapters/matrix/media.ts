import { createCipheriv, createHash, randomBytes } from "node:crypto";
import { z } from "zod";
import type { Failpoints } from "../../bridge/failpoint.ts";
import type { Previews } from "../../bridge/media/preview.ts";
import { SpoolLost } from "../../bridge/media/spool.ts";
import type { Clock } from "../../bridge/model/effects.ts";
import type { MediaId, Millis } from "../../bridge/model/ids.ts";
import type { Outcome } from "../../bridge/model/outcome.ts";
import type { AttachmentKind } from "../../bridge/model/post.ts";
import type { DeliveryMedia, MediaMeta } from "../../bridge/outbox/port.ts";
import type { Api } from "./api.ts";
import type { Content } from "./event.ts";
import { beforehand } from "./outcomes.ts";
import { type Fault, MediaConfig, read, Versions } from "./wire.ts";

export interface UploadOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly failpoints: Failpoints;
  /** Opens a spooled attachment; throws or yields {@link SpoolLost} where its bytes are gone. */
  readonly spooled: (media: MediaId) => AsyncIterable<Uint8Array>;
  readonly preview: Previews;
}

/** Why a file that is there does not come into the room. */
export type NotUploaded = "too_large" | "not_taken";

export type Upload =
  /** The event's content, but for what it answers. */
  | { readonly kind: "uploaded"; readonly content: Content }
  | { readonly kind: "not"; readonly code: NotUploaded }
  /** Nothing came of it now; the delivery waits. */
  | { readonly kind: "outcome"; readonly outcome: Outcome };

export type Ready = DeliveryMedia & { readonly state: { readonly kind: "ready"; readonly meta: MediaMeta } };

export interface Uploads {
  /**
   * Encrypts a spooled attachment and uploads it, in constant memory: the server gets ciphertext alone, and nothing of
   * it can be seen in a room before an event names it. `tries`: how often the delivery was tried before. Throws
   * {@link SpoolLost} as the spool does.
   */
  upload(media: Ready, tries: number, signal: AbortSignal): Promise<Upload>;
}

/** Files from this size on are compared with the server's limit first, bytes: it may cut the line instead of answering. */
const ASK_FROM = 1_000_000;
/** How long the server's limit is remembered, ms. */
const REMEMBER = 3_600_000;
/** After so many tries of a delivery a file that alone is not taken is left out, so that it holds up nothing for ever. */
const PATIENCE = 8;

const Uploaded = z.object({ content_uri: z.string().regex(/^mxc:\/\/[^/\s]+\/[^/\s]+$/) });
const unpadded = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64").replace(/=+$/, "");

const kinds: Readonly<Record<AttachmentKind, readonly [beginning: string, msgtype: string]>> = {
  image: ["image/", "m.image"],
  sticker: ["image/", "m.image"],
  video: ["video/", "m.video"],
  audio: ["audio/", "m.audio"],
  file: ["", "m.file"],
};

/** What is not what its kind says is shown as a file. */
function msgtypeOf(kind: AttachmentKind, mime: string): string {
  const [beginning, msgtype] = kinds[kind];
  return mime.startsWith(beginning) ? msgtype : "m.file";
}

export function createUploads(o: UploadOptions): Uploads {
  let limit: { readonly bytes: number; readonly until: Millis } | null = null;

  const largest = async (signal: AbortSignal): Promise<number> => {
    if (limit !== null && o.clock.now() < limit.until) return limit.bytes;
    const call = { method: "GET", path: "/_matrix/client/v1/media/config" } as const;
    const config = read(MediaConfig, await o.api.call(call, signal));
    if (config.kind === "fault") return Number.POSITIVE_INFINITY;
    const bytes = config.value["m.upload.size"] ?? Number.POSITIVE_INFINITY;
    limit = { bytes, until: o.clock.now() + REMEMBER };
    return bytes;
  };

  /** Whether the server answers at all, so that it is this file which it does not take. */
  const alive = async (signal: AbortSignal): Promise<boolean> => {
    const call = { method: "GET", path: "/_matrix/client/versions" } as const;
    return read(Versions, await o.api.call(call, signal)).kind === "ok";
  };

  const failed = async (fault: Fault, tries: number, signal: AbortSignal): Promise<Upload> => {
    const { code } = fault;
    if (code === "M_TOO_LARGE" || code === "HTTP_413") return { kind: "not", code: "too_large" };
    const outcome = beforehand(fault, o.clock.now());
    const general = ["limited", "logged_out", "account_closed", "unreachable", "tls", "proxy"];
    if (general.includes(outcome.code) || tries < PATIENCE || !(await alive(signal)))
      return { kind: "outcome", outcome };
    return { kind: "not", code: "not_taken" };
  };

  /** Uploads `content` of `size` bytes, encrypted; answers the EncryptedFile of the specification. */
  const encrypted = async (content: AsyncIterable<Uint8Array>, size: number, signal: AbortSignal) => {
    const key = randomBytes(32);
    // The lower half counts the blocks.
    const iv = Buffer.concat([randomBytes(8), Buffer.alloc(8)]);
    const hash = createHash("sha256");
    const from = async function* (): AsyncGenerator<Uint8Array> {
      const cipher = createCipheriv("aes-256-ctr", key, iv);
      for await (const piece of content) {
        const sealed = cipher.update(piece);
        hash.update(sealed);
        yield sealed;
      }
    };
    o.failpoints("upload.before");
    const call = {
      method: "POST",
      path: "/_matrix/media/v3/upload",
      stream: { from: from(), size, type: "application/octet-stream" },
    } as const;
    const answer = read(Uploaded, await o.api.call(call, signal));
    o.failpoints("upload.after");
    if (answer.kind === "fault") return answer;
    const k = key.toString("base64url");
    return {
      kind: "file" as const,
      file: {
        v: "v2",
        url: answer.value.content_uri,
        key: { kty: "oct", key_ops: ["encrypt", "decrypt"], alg: "A256CTR", k, ext: true },
        iv: unpadded(iv),
        hashes: { sha256: unpadded(hash.digest()) },
      },
    };
  };

  const thumbnail = async (media: Ready, signal: AbortSignal) => {
    const made = await o.preview(media.id, media.state.meta, signal);
    if (made === null) return {};
    const { bytes, mime, width, height } = made;
    const sent = await encrypted(once(bytes), bytes.length, signal);
    if (sent.kind === "fault") return sent;
    return {
      thumbnail_file: sent.file,
      thumbnail_info: { mimetype: mime, size: bytes.length, w: width, h: height },
    };
  };

  return {
    async upload(media, tries, signal) {
      const { meta } = media.state;
      if (meta.size >= ASK_FROM && meta.size > (await largest(signal)))
        return { kind: "not", code: "too_large" };
      const preview = await thumbnail(media, signal);
      if ("code" in preview) return failed(preview, tries, signal);
      const sent = await encrypted(whole(o.spooled(media.id), media), meta.size, signal);
      if (sent.kind === "fault") return failed(sent, tries, signal);
      const { width, height, duration } = meta;
      return {
        kind: "uploaded",
        content: {
          msgtype: msgtypeOf(media.kind, meta.mime),
          body: meta.name,
          filename: meta.name,
          file: sent.file,
          info: {
            mimetype: meta.mime,
            size: meta.size,
            ...(width === undefined || height === undefined ? {} : { w: width, h: height }),
            ...(duration === undefined ? {} : { duration: Math.round(duration * 1000) }),
            ...preview,
          },
          "m.mentions": {},
        },
      };
    },
  };
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}

/** A spooled attachment that must be as long as was said: the request announced it. */
async function* whole(content: AsyncIterable<Uint8Array>, media: Ready): AsyncGenerator<Uint8Array> {
  let got = 0;
  for await (const piece of content) {
    got += piece.length;
    if (got > media.state.meta.size) throw new SpoolLost(media.id);
    yield piece;
  }
  if (got !== media.state.meta.size) throw new SpoolLost(media.id);
}
