import { z } from "zod";
import { Cursor } from "../bridge/model/ids.ts";
import type { Arrival } from "../bridge/outbox/port.ts";
import { scrub } from "../bridge/pipeline/clean.ts";
import { atomically, type Db } from "../bridge/store/db.ts";
import { aPost, type BenchCore, benchCore, SOURCE } from "./core.ts";
import type { Measurement } from "./measured.ts";
import { ms, pairs, timed } from "./pairs.ts";

const ROOMS = 10;
/** Announcements in one side of a pair, each in a transaction of its own. */
const COUNT = 30;

/** The rows that one transaction left, by table. */
type Left = readonly { readonly table: string; readonly rows: readonly Row[] }[];
type Row = Readonly<Record<string, unknown>>;
const Row = z.record(z.string(), z.unknown());

/** TX 1 of an announcement for ten rooms, against bare inserts of the rows that it leaves. */
export const accept: Measurement = async () => {
  const core = await benchCore(ROOMS);
  const bare = await benchCore(ROOMS);
  try {
    await acceptAll(core, arrivals(core));
    const left: Left[][] = [rowsSince(core.db, 0)];
    const insert = inserter(bare.db);
    insert([{ table: "archive_days", rows: rowsOf(core.db, "archive_days") }]);
    const made = await pairs({
      baseline() {
        const next = left.shift() ?? [];
        return timed(() => {
          for (const rows of next) atomically(bare.db, () => insert(rows));
        });
      },
      async measured() {
        const batch = arrivals(core);
        const last = lastDelivery(core.db);
        const took = await timed(() => acceptAll(core, batch));
        left.push(rowsSince(core.db, last));
        return took;
      },
      within: 20_000,
    });
    return [
      {
        name: `accepting an announcement for ${ROOMS} rooms, against bare inserts of the same rows`,
        value: 1 / made.ratio,
        unit: "×",
        aim: { atLeast: 0.3 },
        detail: `${ms(made.measured / COUNT)}, bare ${ms(made.baseline / COUNT)}`,
      },
    ];
  } finally {
    await core.close();
    await bare.close();
  }
};

/** What the pipeline hands to TX 1. */
function arrivals(core: BenchCore): readonly Arrival[] {
  return Array.from({ length: COUNT }, (): Arrival => {
    const post = aPost();
    const { clean } = scrub(post, { lang: "ru", timezone: "Europe/Moscow" });
    return {
      type: "posted",
      channel: post.channel,
      foreignId: post.foreignId,
      postedAt: post.postedAt,
      at: post.postedAt,
      fingerprint: JSON.stringify(post.body),
      clean,
      media: [],
      replyTo: null,
      routes: core.mappings.flatMap((m) =>
        m.rooms.map((room) => ({ room, mapping: m.name, urgent: false, pin: false })),
      ),
    };
  });
}

async function acceptAll(core: BenchCore, batch: readonly Arrival[]): Promise<void> {
  for (const [i, arrival] of batch.entries())
    await core.bridge.outbox.accept({
      source: SOURCE,
      cursor: Cursor.parse(`${i}`),
      readAt: Date.now(),
      arrivals: [arrival],
    });
}

const lastDelivery = (db: Db): number =>
  Number(db.prepare("SELECT coalesce(max(id), 0) FROM deliveries").pluck().get());

const rowsOf = (db: Db, table: string, where = "", ...args: readonly unknown[]): readonly Row[] =>
  db
    .prepare(`SELECT * FROM ${table} ${where}`)
    .all(...args)
    .map((row) => Row.parse(row));

/** What each announcement that was queued after a delivery left in the database. */
function rowsSince(db: Db, last: number): Left[] {
  const ids = db
    .prepare("SELECT announcement FROM deliveries WHERE id > ? GROUP BY announcement ORDER BY min(id)")
    .pluck()
    .all(last);
  return ids.map((id) => [
    { table: "announcements", rows: rowsOf(db, "announcements", "WHERE id = ?", id) },
    ...["revisions", "archive", "deliveries", "sightings"].map((table) => ({
      table,
      rows: rowsOf(db, table, "WHERE announcement = ?", id),
    })),
    { table: "lanes", rows: rowsOf(db, "lanes") },
    { table: "sources", rows: rowsOf(db, "sources") },
  ]);
}

/** Writes rows as they are. A lane and a source have one row, which is written over. */
function inserter(db: Db): (left: Left) => void {
  const statements = new Map<string, ReturnType<Db["prepare"]>>();
  return (left) => {
    for (const { table, rows } of left)
      for (const row of rows) {
        const columns = Object.keys(row);
        const statement =
          statements.get(table) ??
          db.prepare(
            `INSERT${table === "lanes" || table === "sources" ? " OR REPLACE" : ""} INTO ${table}
             (${columns.join(", ")}) VALUES (${columns.map(() => "?").join(", ")})`,
          );
        statements.set(table, statement);
        statement.run(...Object.values(row));
      }
  };
}
