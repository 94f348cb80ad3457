import { type Answer, type Asked, bytes } from "./answer.ts";
import { mediumBytes } from "./media.ts";
import type { Simulator } from "./simulator.ts";

const text = (status: number, message: string, headers: Record<string, string> = {}) =>
  bytes(status, "text/plain; charset=utf-8", Buffer.from(message), headers);

/** GET and HEAD of a media link: 403 once it has expired, ranges of one part. */
export function getMedium(sim: Simulator, asked: Asked, id: string): Answer {
  if (asked.headers.authorization !== undefined) sim.stats.mediaWithToken += 1;
  const medium = sim.media.get(id);
  if (medium === undefined) return text(404, "not found");
  if (!sim.media.valid(id, asked.query.get("sig") ?? "")) {
    sim.stats.met.add("media_expired");
    return text(403, "the link has expired");
  }
  const range = rangeOf(asked.headers.range, medium.size);
  if (range === "bad") return text(416, "no such range", { "content-range": `bytes */${medium.size}` });
  const { start, end } = range ?? { start: 0, end: medium.size };
  const partial = range === null ? {} : { "content-range": `bytes ${start}-${end - 1}/${medium.size}` };
  return {
    status: range === null ? 200 : 206,
    headers: { "content-type": medium.contentType, "accept-ranges": "bytes", ...partial },
    length: end - start,
    body: counted(sim, mediumBytes(medium, start, end)),
  };
}

function* counted(sim: Simulator, chunks: Iterable<Uint8Array>): Generator<Uint8Array> {
  for (const chunk of chunks) {
    sim.stats.mediaBytes += chunk.length;
    yield chunk;
  }
}

/** A Range header as half-open bounds; null: the whole; what is no single byte range is ignored (RFC 9110 §14.2). */
function rangeOf(
  header: string | string[] | undefined,
  size: number,
): { start: number; end: number } | null | "bad" {
  const match = typeof header === "string" ? /^bytes=(\d*)-(\d*)$/.exec(header) : null;
  if (match === null) return null;
  const [, first = "", last = ""] = match;
  if (first === "" && last === "") return null;
  if (first === "") {
    const n = Math.min(Number(last), size);
    return n === 0 ? "bad" : { start: size - n, end: size };
  }
  const start = Number(first);
  const end = last === "" ? size : Math.min(Number(last) + 1, size);
  return start >= size || end <= start ? "bad" : { start, end };
}

/** What a video attachment's own `url` leads to: a page, not the film. */
export const watchPage = (): Answer =>
  bytes(200, "text/html; charset=utf-8", Buffer.from("<!doctype html><title>MAX</title><video></video>"));
