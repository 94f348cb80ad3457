/** A body as text (UTF-8 decoded over chunk borders); null when it is larger than `limit` bytes. */
export async function bounded(body: AsyncIterable<Uint8Array>, limit: number): Promise<string | null> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of body) {
    size += piece.length;
    if (size > limit) return null;
    pieces.push(piece);
  }
  return new TextDecoder().decode(Buffer.concat(pieces));
}
