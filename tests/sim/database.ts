import Database, { type PragmaOptions, type Statement } from "better-sqlite3";
import type { Db } from "../../bridge/store/db.ts";

/** All rows of all tables. */
export type Image = readonly (readonly [table: string, rows: readonly unknown[]])[];

/** A connection with its compiled statements, by their texts: those of the bridge, and those of the simulation. */
interface Open {
  readonly db: Db;
  readonly statements: Map<string, unknown[]>;
  readonly own: Map<string, Statement<unknown[], unknown>>;
  /** Settings that were made: to make one again would only have every statement compiled anew. */
  readonly settings: Set<string>;
  /** It takes no changes: the life that it served is dead. */
  frozen: boolean;
}

/** One of a run that has ended: compiling its statements anew would cost more than all that a run does with them. */
let spare: Open | null = null;

/**
 * A database in memory that outlives the lives of the bridge. What a life had not committed when it died is rolled
 * back, so the next one finds what a disk would have kept. With `reopen` every life really opens an image of it anew.
 */
export class Durable {
  /** Whether a transaction fails at its end, as on a full disk. */
  full: () => boolean = () => false;
  readonly #reopen: boolean;
  #open: Open;
  #asked = new Map<string, number>();

  constructor(reopen: boolean) {
    this.#reopen = reopen;
    this.#open = reopen || spare === null ? this.#made(null) : this.#taken(spare);
    if (!reopen) spare = null;
  }

  get db(): Db {
    return this.#open.db;
  }

  /** No change is taken any more until the next life. */
  freeze(): void {
    this.#open.frozen = true;
  }

  /** All that is committed, to be put back later. */
  image(): Image {
    return this.#tables().map((table) => [table, this.#query(`SELECT * FROM ${table}`).raw().all()]);
  }

  /** For the next life: what was committed, or an earlier image that is put back. */
  next(putBack: Image | null): void {
    if (this.#reopen) {
      const bytes = this.db.serialize();
      this.db.close();
      this.#open = this.#made(bytes);
    }
    this.#asked = new Map();
    this.#open.frozen = false;
    if (putBack === null) return;
    this.#empty();
    for (const [table, rows] of putBack)
      for (const row of rows) {
        if (!Array.isArray(row)) throw new TypeError("a row that is none");
        this.#query(`INSERT OR REPLACE INTO ${table} VALUES (${row.map(() => "?").join(", ")})`).run(...row);
      }
  }

  close(): void {
    if (this.#reopen || spare !== null) this.db.close();
    else spare = this.#open;
  }

  #tables(): readonly string[] {
    const names = this.#query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY rowid")
      .pluck()
      .all();
    return names.map(String);
  }

  /** A statement of the simulation's own. */
  #query(sql: string, { db, own } = this.#open): Statement<unknown[], unknown> {
    const known = own.get(sql) ?? Database.prototype.prepare.bind(db)<unknown[], unknown>(sql);
    own.set(sql, known);
    return known;
  }

  /** Tables stand in the order in which they were made: none comes before one that it refers to. */
  #empty(): void {
    for (const table of this.#tables().toReversed())
      if (table !== "vault_check") this.#query(`DELETE FROM ${table}`).run();
  }

  /** An ended run's database, emptied. */
  #taken(open: Open): Open {
    this.#open = open;
    open.frozen = false;
    this.#empty();
    return this.#lent(open);
  }

  #made(image: Buffer | null): Open {
    const db = image === null ? new Database(":memory:") : new Database(image);
    return this.#lent({ db, statements: new Map(), own: new Map(), settings: new Set(), frozen: false });
  }

  /** Lets the connection serve this run: its statements are used again, its transactions fail where they shall. */
  #lent(open: Open): Open {
    const { db, statements, settings } = open;
    const prepare = Database.prototype.prepare.bind(db);
    const transaction = Database.prototype.transaction.bind(db);
    const pragma = Database.prototype.pragma.bind(db);
    const changes = (): void => {
      if (open.frozen)
        throw new Database.SqliteError("attempt to write a readonly database", "SQLITE_READONLY");
    };
    const guarded = (statement: Statement): Statement => {
      const run = statement.run.bind(statement);
      const ifAlive = (...values: unknown[]): unknown => {
        changes();
        return run(...values);
      };
      return statement.readonly ? statement : Object.defineProperty(statement, "run", { value: ifAlive });
    };
    // The n-th statement of one text in a life is the n-th of it in every life: each has its own way of reading rows.
    const cached = (sql: string): unknown => {
      const known = statements.get(sql) ?? [];
      statements.set(sql, known);
      const n = this.#asked.get(sql) ?? 0;
      this.#asked.set(sql, n + 1);
      const statement = known[n] ?? guarded(prepare(sql));
      known[n] = statement;
      return statement;
    };
    const [begin, commit, rollback] = ["BEGIN IMMEDIATE", "COMMIT", "ROLLBACK"].map((sql) =>
      this.#query(sql, open),
    );
    const immediate = (work: () => unknown): unknown => {
      changes();
      begin?.run();
      try {
        const result = work();
        if (this.full()) throw new Database.SqliteError("database or disk is full", "SQLITE_FULL");
        commit?.run();
        return result;
      } catch (error) {
        if (db.inTransaction) rollback?.run();
        throw error;
      }
    };
    const failing = (work: () => unknown): unknown =>
      db.inTransaction ? transaction(work) : { immediate: () => immediate(work) };
    const set = (source: string, options?: PragmaOptions): unknown => {
      if (settings.has(source)) return [];
      if (source.includes("=")) settings.add(source);
      return pragma(source, options);
    };
    Object.defineProperty(db, "pragma", { value: set, configurable: true });
    Object.defineProperty(db, "prepare", { value: cached, configurable: true });
    Object.defineProperty(db, "transaction", { value: failing, configurable: true });
    return open;
  }
}
