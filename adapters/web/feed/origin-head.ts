/** What an origin told of a room: its head's bytes, that it has none, or nothing at all. */
export type OriginHead =
  | { readonly kind: "head"; readonly bytes: Uint8Array }
  | { readonly kind: "none" }
  | { readonly kind: "silent" };

/** What an origin told of one file of a room: its bytes, that there is none, or nothing at all. */
export type OriginAnswer =
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
  | { readonly kind: "none" }
  | { readonly kind: "silent" };

const DEADLINE = 10_000;
/** Room for some 1,800 certificates. */
const LARGEST = 256 * 1024;

/**
 * Asks an origin (with scheme) for a file of a room that says where its log stands. `roomId` in hex. Never throws.
 */
export async function askOrigin(
  origin: string,
  roomId: string,
  file: "head" | "cert",
  signal: AbortSignal,
): Promise<OriginAnswer> {
  try {
    const { request } = await import("undici");
    const answer = await request(`${origin}/${roomId}/${file}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(DEADLINE)]),
    });
    if (answer.statusCode === 404) {
      await answer.body.dump();
      return { kind: "none" };
    }
    if (answer.statusCode !== 200) {
      await answer.body.dump();
      return { kind: "silent" };
    }
    const pieces: Uint8Array[] = [];
    let size = 0;
    for await (const piece of answer.body) {
      const bytes = new Uint8Array(piece);
      size += bytes.length;
      if (size > LARGEST) return { kind: "silent" };
      pieces.push(bytes);
    }
    return { kind: "bytes", bytes: Buffer.concat(pieces) };
  } catch {
    return { kind: "silent" };
  }
}

/** Asks an origin (with scheme) for a room's head. `roomId` in hex. Never throws. */
export async function originHead(origin: string, roomId: string, signal: AbortSignal): Promise<OriginHead> {
  const answer = await askOrigin(origin, roomId, "head", signal);
  return answer.kind === "bytes" ? { ...answer, kind: "head" } : answer;
}
