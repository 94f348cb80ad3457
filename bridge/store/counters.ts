import type { Db } from "./db.ts";

/** Counts by code: what was passed over and why. Codes only, never texts. */
export function counterStore(db: Db) {
  const add = db.prepare(
    "INSERT INTO counters (name, n) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = n + 1",
  );
  const all = db.prepare<[], { name: string; n: number }>("SELECT name, n FROM counters ORDER BY name");
  return {
    add: (code: string) => add.run(code),
    all: (): Readonly<Record<string, number>> => Object.fromEntries(all.all().map((r) => [r.name, r.n])),
  };
}
export type CounterStore = ReturnType<typeof counterStore>;
