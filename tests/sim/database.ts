import Database from "better-sqlite3";
import type { Db } from "../../bridge/store/db.ts";

/**
 * A database in memory that outlives the lives of the bridge. What a life had not committed when it died is rolled
 * back, so the next one finds what a disk would have kept; the compiled statements, which cost more than all that
 * is done with them, are used again. With `reopen` every life really opens the image anew.
 */
export class Durable {
  db: Db;
  readonly #reopen: boolean;
  #statements = new Map<string, unknown[]>();
  #asked = new Map<string, number>();

  constructor(reopen: boolean) {
    this.#reopen = reopen;
    this.db = this.#open(null);
  }

  image(): Buffer {
    return this.db.serialize();
  }

  /** For the next life: what was committed, or an earlier image that was put back. */
  next(putBack: Buffer | null): void {
    if (putBack === null && !this.#reopen) {
      this.#asked = new Map();
      this.db.pragma("query_only = OFF");
      return;
    }
    const image = putBack ?? this.image();
    this.db.close();
    this.db = this.#open(image);
  }

  #open(image: Buffer | null): Db {
    const db = image === null ? new Database(":memory:") : new Database(image);
    const prepare = db.prepare.bind(db);
    this.#statements = new Map();
    this.#asked = new Map();
    // The n-th statement of one text in a life is the n-th of it in every life: each has its own way of reading rows.
    const cached = (sql: string): unknown => {
      const own = this.#statements.get(sql) ?? [];
      this.#statements.set(sql, own);
      const n = this.#asked.get(sql) ?? 0;
      this.#asked.set(sql, n + 1);
      const known = own[n] ?? prepare(sql);
      own[n] = known;
      return known;
    };
    Object.defineProperty(db, "prepare", { value: cached });
    return db;
  }
}
