import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { constants, inflateRawSync } from "node:zlib";

export interface Leak {
  readonly file: string;
  readonly canary: string;
  readonly form: string;
}

const lower = (escaped: string): string => escaped.replaceAll(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());

/** The forms in which a text may lie in a file. Base64 at its three offsets, without the letters that neighbours change. */
function forms(canary: string): readonly (readonly [string, Buffer])[] {
  const utf8 = Buffer.from(canary, "utf8");
  const base64 = [0, 1, 2].map((offset) => {
    const text = Buffer.concat([Buffer.alloc(offset), utf8])
      .toString("base64")
      .replace(/=+$/, "");
    const core = text.slice(offset === 0 ? 0 : offset + 1, -2);
    return [`base64+${offset}`, Buffer.from(core)] as const;
  });
  const base64url = base64.map(
    ([name, b]) =>
      [`${name} url`, Buffer.from(b.toString().replaceAll("+", "-").replaceAll("/", "_"))] as const,
  );
  const escaped = [...canary]
    .map((c) => (c < "\u0080" ? c : `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`))
    .join("");
  const url = encodeURIComponent(canary);
  const whole = [...utf8].map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, "0")}`).join("");
  return [
    ["utf-8", utf8],
    ["utf-16le", Buffer.from(canary, "utf16le")],
    ["utf-16be", Buffer.from(canary, "utf16le").swap16()],
    ["hex", Buffer.from(utf8.toString("hex"))],
    ["hex upper", Buffer.from(utf8.toString("hex").toUpperCase())],
    ["url", Buffer.from(url)],
    ["url lower", Buffer.from(lower(url))],
    ["url whole", Buffer.from(whole)],
    ["url whole lower", Buffer.from(lower(whole))],
    ["json escapes", Buffer.from(escaped)],
    ...base64,
    ...base64url,
  ];
}

/** The most that one packed stream is unpacked to, bytes, and how many within one another. */
const UNPACKED = 2 ** 26;
const WITHIN = 3;
const GZIP = Buffer.from([0x1f, 0x8b, 0x08]);

/** Where the packed bytes of a gzip stream begin, behind its header (RFC 1952). */
function bodyOf(bytes: Buffer): number {
  const flags = bytes[3] ?? 0;
  let at = 10;
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + 256 * (bytes[at + 1] ?? 0);
  for (const bit of [8, 16]) if ((flags & bit) !== 0) at = bytes.indexOf(0, at) + 1;
  return (flags & 2) === 0 ? at : at + 2;
}

/** What gzip streams anywhere within bytes hold, as far as they can be unpacked; what follows them is no matter. */
function unpacked(bytes: Buffer): readonly Buffer[] {
  const found: Buffer[] = [];
  for (let at = bytes.indexOf(GZIP); at >= 0; at = bytes.indexOf(GZIP, at + 1))
    try {
      const stream = bytes.subarray(at);
      const options = { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: UNPACKED };
      found.push(inflateRawSync(stream.subarray(bodyOf(stream)), options));
    } catch {
      // Three bytes that look like the beginning of one.
    }
  return found;
}

/** Looks for canaries in bytes, and in what is packed within them. */
export function searchBytes(
  file: string,
  bytes: Buffer,
  canaries: readonly string[],
  depth = 0,
): readonly Leak[] {
  const here = canaries.flatMap((canary) =>
    forms(canary)
      .filter(([, form]) => bytes.includes(form))
      .map(([form]) => ({ file, canary, form })),
  );
  if (depth === WITHIN) return here;
  const within = unpacked(bytes).flatMap((inner) => searchBytes(file, inner, canaries, depth + 1));
  return [...here, ...within.map((leak) => ({ ...leak, form: `gzip, ${leak.form}` }))];
}

/** Looks for canaries in the names and raw bytes of every file under a folder. */
export function searchFolder(folder: string, canaries: readonly string[]): readonly Leak[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const name = searchBytes(`${file} (its name)`, Buffer.from(entry.name), canaries);
    return entry.isFile() ? [...name, ...searchBytes(file, readFileSync(file), canaries)] : name;
  });
}
