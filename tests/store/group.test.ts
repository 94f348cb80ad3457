import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import Database from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { groupCommit } from "../../bridge/store/group.ts";

/** A table of numbers in a file, work on it that is gathered until `flush`, and what another connection sees. */
async function numbers() {
  const folder = await mkdtemp(path.join(tmpdir(), "postern-group-"));
  const file = path.join(folder, "numbers.db");
  const db = new Database(file);
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE numbers (n INTEGER PRIMARY KEY)");
  const other = new Database(file, { readonly: true });
  onTestFinished(async () => {
    db.close();
    other.close();
    await rm(folder, { recursive: true, force: true });
  });
  let asked = 0;
  let flush = (): void => {};
  const together = groupCommit(db, (now) => {
    asked++;
    flush = now;
  });
  const insert = db.prepare("INSERT INTO numbers VALUES (?)");
  const all = other.prepare<[], number>("SELECT n FROM numbers ORDER BY n").pluck();
  return {
    db,
    add: (n: number) =>
      together(() => {
        insert.run(n);
        return n;
      }),
    together,
    flush: () => flush(),
    asked: () => asked,
    /** What is committed. */
    seen: () => all.all(),
  };
}

test("what is asked for at the same time is committed once, and nobody is told before", async () => {
  const { add, flush, asked, seen } = await numbers();
  const told: number[] = [];
  const all = [1, 2, 3].map((n) => add(n).then((m) => told.push(m)));
  await Promise.resolve();
  expect([seen(), told, asked()]).toEqual([[], [], 1]);
  flush();
  expect(seen()).toEqual([1, 2, 3]);
  await Promise.all(all);
  expect(told).toEqual([1, 2, 3]);
  const later = add(4);
  expect(asked()).toBe(2);
  flush();
  expect(await later).toBe(4);
});

test("one that breaks leaves nothing behind and takes no other with it", async () => {
  const { add, together, db, flush, seen } = await numbers();
  const broken = together(() => {
    db.prepare("INSERT INTO numbers VALUES (20)").run();
    throw new Error("a bug");
  });
  const all = Promise.allSettled([add(1), broken, add(3)]);
  flush();
  expect((await all).map((r) => r.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(seen()).toEqual([1, 3]);
});

test("when the commit fails, all of them are told so and nothing is stored", async () => {
  const { add, together, db, flush, seen } = await numbers();
  const all = Promise.allSettled([
    add(1),
    together(() => {
      // As SQLite does by itself when the disk is full.
      db.exec("ROLLBACK");
      throw new Error("full");
    }),
    add(3),
  ]);
  flush();
  expect((await all).map((r) => r.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(seen()).toEqual([]);
  const again = add(1);
  flush();
  await again;
  expect(seen()).toEqual([1]);
});
