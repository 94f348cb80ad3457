import type { IncomingMessage } from "node:http";
import { z } from "zod";
import type { Files, Payload } from "./method.ts";
import { FormError, readForm } from "./multipart.ts";
import type { Telegram } from "./telegram.ts";
import { largest } from "./upload.ts";

/** What a request may be without files, bytes. */
const PLAIN = 4 * 1_048_576;
/** What a form adds around its files, bytes. */
const AROUND = 2 * 1_048_576;
/** What a request to a Bot API server of one's own may be, bytes: its HTTP server takes no more. */
const OWN_SERVER = 4_000 * 1_048_576;

export type Asked =
  | { readonly kind: "asked"; readonly payload: Payload; readonly files: Files }
  | { readonly kind: "tooLarge" }
  | { readonly kind: "malformed" };

const noFiles: Files = new Map();
const Fields = z.record(z.string(), z.unknown());

async function* noted(
  request: IncomingMessage,
  note: (bytes: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue;
    note(chunk);
    yield chunk;
  }
}

async function whole(chunks: AsyncIterable<Uint8Array>): Promise<string | null> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size <= PLAIN) parts.push(chunk);
  }
  return size > PLAIN ? null : Buffer.concat(parts).toString("utf8");
}

/** Parameters of a request, from its body (JSON, a form, or a form with files) and its query. */
export async function readBody(
  telegram: Telegram,
  request: IncomingMessage,
  query: URLSearchParams,
  note: (bytes: Uint8Array) => void,
): Promise<Asked> {
  const type = request.headers["content-type"] ?? "";
  const chunks = noted(request, note);
  const asked = Object.fromEntries(query);
  if (/^multipart\/form-data/i.test(type)) {
    const found = /boundary=(?:"([^"]+)"|([^;]+))/i.exec(type);
    const { keepBytes, ownServer } = telegram.settings;
    try {
      // The limit is one for the whole request: an album's files count together.
      const most = ownServer ? OWN_SERVER : largest(ownServer) + AROUND;
      const form = await readForm(chunks, found?.[1] ?? found?.[2] ?? "", { keep: keepBytes, most });
      if (form === "tooLarge") return { kind: "tooLarge" };
      return { kind: "asked", payload: { ...asked, ...form.fields }, files: form.files };
    } catch (error) {
      if (error instanceof FormError) return { kind: "malformed" };
      throw error;
    }
  }
  const text = await whole(chunks);
  if (text === null) return { kind: "tooLarge" };
  if (/^application\/x-www-form-urlencoded/i.test(type))
    return {
      kind: "asked",
      payload: { ...asked, ...Object.fromEntries(new URLSearchParams(text)) },
      files: noFiles,
    };
  if (text.trim() === "") return { kind: "asked", payload: asked, files: noFiles };
  const fields = Fields.safeParse(jsonOf(text));
  if (!fields.success) return { kind: "malformed" };
  return { kind: "asked", payload: { ...asked, ...fields.data }, files: noFiles };
}

function jsonOf(text: string): unknown {
  try {
    const found: unknown = JSON.parse(text);
    return found;
  } catch {
    return null;
  }
}
