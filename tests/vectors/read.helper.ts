import { readFile } from "node:fs/promises";
import { z } from "zod";

const bytes = z
  .string()
  .regex(/^([0-9a-f]{2})*$/)
  .transform((hex) => new Uint8Array(Buffer.from(hex, "hex")));
const int = z.number().int();

const file = z.object({
  root: z.object({ seed: bytes, public: bytes, recovery_code: z.string() }),
  online: z.object({ seed: bytes, public: bytes }),
  room: z.object({ salt: bytes, id: bytes }),
  days: z.array(z.object({ epoch: int, key: bytes, post_key: bytes, commit: bytes })),
  certificate: z.object({ serial: int, not_before: int, not_after: int, bytes }),
  chain: z.object({ serial: int, restart: int }),
  records: z.array(
    z.object({
      seq: int,
      epoch: int,
      prev: bytes,
      key: bytes,
      nonce: bytes,
      json: z.string(),
      record: bytes,
      hash: bytes,
    }),
  ),
  head: z.object({ seq: int, hash: bytes, first: int, made: int, seen: int, bytes }),
  file: z.object({ size: int, id: bytes, key: bytes, carried_length: int, sha256: bytes }),
  bundle: z.object({ records: z.array(int), bytes }),
  link: z.object({
    epoch: int,
    key: bytes,
    origins: z.array(z.string()),
    text: z.string(),
    text_without_origins: z.string(),
  }),
  locator: z.object({ seq: int, text: z.string() }),
  renewal: z.string(),
  refused: z.array(z.object({ what: z.string(), fault: z.string(), record: bytes })),
});

/** The vectors of the project, decoded. */
export const vectors = file.parse(JSON.parse(await readFile(new URL("psr1.json", import.meta.url), "utf8")));
