import type { Db } from "./db.ts";

/** What the rep is to be told and was told, by key, as JSON of codes, counts and names of the configuration. */
export function noticeStore(db: Db) {
  const all = db.prepare<[], { key: string; state: string }>("SELECT key, state FROM notices");
  const put = db.prepare("INSERT OR REPLACE INTO notices (key, state) VALUES (?, ?)");
  const drop = db.prepare("DELETE FROM notices WHERE key = ?");
  const save = db.transaction((changed: ReadonlyMap<string, string | null>) => {
    for (const [key, state] of changed) {
      if (state === null) drop.run(key);
      else put.run(key, state);
    }
  });
  return {
    all: () => all.all(),
    /** Stores all of it or nothing; null: forgotten. */
    save: (changed: ReadonlyMap<string, string | null>): void => save.immediate(changed),
  };
}
export type NoticeStore = ReturnType<typeof noticeStore>;
