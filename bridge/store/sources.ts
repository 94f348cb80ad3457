import { type ChannelId, Cursor, type Millis, type SourceName } from "../model/ids.ts";
import type { Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

/** How far each source has been read, and since when each of its channels is mirrored. */
export function sourceStore(db: Db, vault: Vault) {
  const get = db.prepare<[string], Buffer | null>("SELECT cursor_sealed FROM sources WHERE name = ?").pluck();
  const put = db.prepare(
    `INSERT INTO sources (name, cursor_sealed, read_at) VALUES (?, ?, ?)
     ON CONFLICT (name) DO UPDATE SET cursor_sealed = excluded.cursor_sealed, read_at = excluded.read_at, trouble = NULL`,
  );
  const readAt = db.prepare<[string], number | null>("SELECT read_at FROM sources WHERE name = ?").pluck();
  const newest = db.prepare<[], number | null>("SELECT max(read_at) FROM sources").pluck();
  const baseline = db
    .prepare<[string, Uint8Array], number>(
      "SELECT baseline_at FROM channels WHERE source = ? AND channel_hash = ?",
    )
    .pluck();
  const setBaseline = db.prepare(
    "INSERT OR IGNORE INTO channels (source, channel_hash, baseline_at) VALUES (?, ?, ?)",
  );
  const trouble = db.prepare<[string], string | null>("SELECT trouble FROM sources WHERE name = ?").pluck();
  const setTrouble = db.prepare(
    `INSERT INTO sources (name, trouble) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET trouble = excluded.trouble`,
  );
  const utf8 = new TextEncoder();
  const hash = (source: SourceName, channel: ChannelId) => vault.hash("channel", `${source}/${channel}`);

  return {
    cursor(name: SourceName): Cursor | null {
      const sealed = get.get(name);
      if (sealed === undefined || sealed === null) return null;
      const opened = vault.open("cursor", `sources/${name}`, sealed);
      return opened === null ? null : Cursor.parse(new TextDecoder().decode(opened));
    },
    /** Moves the cursor: inside TX 1 only. */
    move(name: SourceName, cursor: Cursor, at: Millis) {
      put.run(name, vault.seal("cursor", `sources/${name}`, utf8.encode(cursor)), at);
    },
    /** When the source was last read, by its own clock. */
    readAt: (name: SourceName): Millis | null => readAt.get(name) ?? null,
    /** The newest time any source has told: the day never steps further than one past it. */
    newestRead: (): Millis | null => newest.get() ?? null,
    /** What keeps the source from being read, a code; null when it was read since. */
    trouble: (name: SourceName): string | null => trouble.get(name) ?? null,
    setTrouble: (name: SourceName, code: string) => setTrouble.run(name, code),
    baseline: (name: SourceName, channel: ChannelId): Millis | null =>
      baseline.get(name, hash(name, channel)) ?? null,
    setBaseline: (name: SourceName, channel: ChannelId, at: Millis) =>
      setBaseline.run(name, hash(name, channel), at),
  };
}
export type SourceStore = ReturnType<typeof sourceStore>;
