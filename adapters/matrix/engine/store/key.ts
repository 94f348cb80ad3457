import { z } from "zod";

/** A key of IndexedDB in JSON: the kind that it has, and its value. Equal keys are equal texts. */
type Written =
  | readonly ["s", string]
  | readonly ["n", number]
  | readonly ["d", number]
  | readonly ["b", string]
  | readonly ["a", readonly Written[]];

const Written: z.ZodType<Written> = z.lazy(() =>
  z.union([
    z.tuple([z.literal("s"), z.string()]),
    z.tuple([z.literal("n"), z.number()]),
    z.tuple([z.literal("d"), z.number()]),
    z.tuple([z.literal("b"), z.base64()]),
    z.tuple([z.literal("a"), z.array(Written)]),
  ]),
);

function written(key: IDBValidKey): Written {
  if (typeof key === "string") return ["s", key];
  // JSON knows no infinity, which is a valid key.
  if (typeof key === "number") {
    if (!Number.isFinite(key)) throw new Error("a key that is not finite");
    return ["n", key];
  }
  if (key instanceof Date) return ["d", key.getTime()];
  if (Array.isArray(key)) return ["a", key.map(written)];
  const bytes = ArrayBuffer.isView(key)
    ? Buffer.from(key.buffer, key.byteOffset, key.byteLength)
    : Buffer.from(key);
  return ["b", bytes.toString("base64")];
}

function read(key: Written): IDBValidKey {
  switch (key[0]) {
    case "d":
      return new Date(key[1]);
    case "b":
      return Uint8Array.from(Buffer.from(key[1], "base64")).buffer;
    case "a":
      return key[1].map(read);
    default:
      return key[1];
  }
}

/** A key of IndexedDB as text: the same for equal keys, another for any other. */
export const keyText = (key: IDBValidKey): string => JSON.stringify(written(key));

/** The key of such a text. Throws where it is none. */
export const keyOf = (text: string): IDBValidKey => read(Written.parse(JSON.parse(text)));
