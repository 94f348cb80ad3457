import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

export interface Leak {
  readonly file: string;
  readonly canary: string;
  readonly form: string;
}

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
  return [
    ["utf-8", utf8],
    ["utf-16le", Buffer.from(canary, "utf16le")],
    ["utf-16be", Buffer.from(canary, "utf16le").swap16()],
    ["hex", Buffer.from(utf8.toString("hex"))],
    ["hex upper", Buffer.from(utf8.toString("hex").toUpperCase())],
    ["url", Buffer.from(encodeURIComponent(canary))],
    ["json escapes", Buffer.from(escaped)],
    ...base64,
    ...base64url,
  ];
}

/** Looks for canaries in bytes. */
export function searchBytes(file: string, bytes: Buffer, canaries: readonly string[]): readonly Leak[] {
  return canaries.flatMap((canary) =>
    forms(canary)
      .filter(([, form]) => bytes.includes(form))
      .map(([form]) => ({ file, canary, form })),
  );
}

/** Looks for canaries in the names and raw bytes of every file under a folder. */
export function searchFolder(folder: string, canaries: readonly string[]): readonly Leak[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const file = path.join(entry.parentPath, entry.name);
    const name = searchBytes(`${file} (its name)`, Buffer.from(entry.name), canaries);
    return entry.isFile() ? [...name, ...searchBytes(file, readFileSync(file), canaries)] : name;
  });
}
