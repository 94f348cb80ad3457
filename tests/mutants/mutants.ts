import { registerHooks } from "node:module";
import path from "node:path";

/** A planted bug: places in the bridge's code, each of which must be there exactly once, and what stands there then. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly { readonly file: string; readonly find: string; readonly put: string }[];
}

export const root = path.resolve(import.meta.dirname, "../..");

const one = (name: string, file: string, find: string, put: string): Mutant => ({
  name,
  patches: [{ file, find, put }],
});

/** Bugs of the kinds that bridges have. Each must be found by the simulation. */
export const mutants: readonly Mutant[] = [
  one(
    "the cursor moves before the deliveries are stored",
    "bridge/store/outbox.ts",
    `      failpoints("tx1.before");\n`,
    `      atomically(db, () => {
        stores.sources.move(batch.source, batch.cursor, batch.readAt);
      });
      failpoints("tx1.before");\n`,
  ),
  one(
    "a delivery is settled before it is sent",
    "bridge/outbox/worker.ts",
    `    o.failpoints("send.before");\n`,
    `    await o.outbox.settle(delivery, { kind: "sent", receipt: null });
    o.failpoints("send.before");\n`,
  ),
  one(
    "a lane serves what is due first",
    "bridge/store/lanes.ts",
    "WHERE room = +? AND state IN ('queued', 'fixed') ORDER BY id LIMIT 1`",
    "WHERE room = +? AND state IN ('queued', 'fixed') ORDER BY max(due_at, retry_at), id LIMIT 1`",
  ),
  one(
    "an urgent announcement overtakes",
    "bridge/store/lanes.ts",
    "WHERE room = +? AND state IN ('queued', 'fixed') ORDER BY id LIMIT 1`",
    "WHERE room = +? AND state IN ('queued', 'fixed') ORDER BY urgent DESC, id LIMIT 1`",
  ),
  one(
    "an edit comes before its original",
    "bridge/store/lanes.ts",
    "WHERE room = +? AND state IN ('queued', 'fixed') ORDER BY id LIMIT 1`",
    "WHERE room = +? AND state IN ('queued', 'fixed') ORDER BY action, id LIMIT 1`",
  ),
  one(
    "a retry is prepared anew",
    "bridge/store/deliveries.ts",
    `      if (d.state !== "fixed" || d.key === null`,
    `      if (d.state === "fixed" || d.key === null`,
  ),
  one(
    "payloads are not erased",
    "bridge/store/announcements.ts",
    "if (!needed.has(revision)) erasePayload.run(id, revision);",
    "if (needed.size < 0) erasePayload.run(id, revision);",
  ),
  one(
    "a payload is erased while a room still needs it",
    "bridge/store/outbox.ts",
    `const open = rows.filter((r) => r.state === "queued" || r.state === "fixed");`,
    `const open = rows.filter((r) => r.state === "fixed");`,
  ),
  one(
    "the archive's keys are not destroyed",
    "bridge/store/announcements.ts",
    `"DELETE FROM archive_days WHERE day < ?"`,
    `"DELETE FROM archive_days WHERE day < ? - 100"`,
  ),
  one(
    "a database that was put back goes on in its old chain",
    "bridge/seal/log.ts",
    `      if (restart > LAST_RESTART) return false;
      store.update(upToDate(begin(state, state.serial, restart)));`,
    "",
  ),
  one(
    "what was seen before is taken for new",
    "bridge/store/accept.ts",
    `    if (a.type === "posted") return ignore("seen_before");\n`,
    `    if (a.type === "posted") return void post(a);\n`,
  ),
  one(
    "an edit that is told once more counts again",
    "bridge/store/accept.ts",
    `    if (a.at < known.asOf) return ignore("out_of_date");\n`,
    "",
  ),
  one(
    "a removal passes over what is fixed",
    "bridge/store/queue.ts",
    `row.state === "fixed" || row.state === "sent"`,
    `row.state === "sent"`,
  ),
  one(
    "a late file is lost",
    "bridge/store/outbox.ts",
    `          if (!row.media.includes(id)) continue;
          follow(row, id);`,
    "          if (!row.media.includes(id)) continue;",
  ),
  one(
    "an unknown outcome is taken for sent",
    "bridge/outbox/worker.ts",
    `    if (outcome.kind === "unknown" && to.settle !== undefined)
      outcome = await to.settle(fixed, delivery, signal);`,
    `    if (outcome.kind === "unknown") outcome = { kind: "sent", receipt: null };`,
  ),
  one(
    "what may have been sent is sent again without a look",
    "bridge/outbox/worker.ts",
    "    } else if (to.settle !== undefined && !notThere.delete(delivery.id)) {",
    "    } else if (to.settle !== undefined && notThere.delete(delivery.id)) {",
  ),
  one(
    "the time that a messenger named is not kept",
    "bridge/store/outbox.ts",
    `outcome.kind === "retry" && outcome.at > o.now() ? outcome.at : soon`,
    "soon",
  ),
  {
    name: "a delivery is fixed outside its transaction",
    patches: [
      {
        file: "bridge/store/outbox.ts",
        find: `      const fixed = await together(() => {
        const row = deliveries.get(delivery.id);`,
        put: `      let later = (): void => {};
      const fixed = await together(() => {
        const row = deliveries.get(delivery.id);`,
      },
      {
        file: "bridge/store/outbox.ts",
        find: "        deliveries.fix(row.id, made.key, made.bytes, awaited);",
        put: "        later = () => deliveries.fix(row.id, made.key, made.bytes, awaited);",
      },
      {
        file: "bridge/store/outbox.ts",
        find: `      failpoints("tx2.after");\n`,
        put: `      failpoints("tx2.after");\n      later();\n`,
      },
    ],
  },
  one(
    "many posts that vanish at once are removed",
    "bridge/intake.ts",
    "if (missing.length > VANISHED_COUNT && missing.length > known * VANISHED_SHARE) {",
    "if (missing.length < 0) {",
  ),
  one(
    "a post is removed though the source is not sure",
    "bridge/intake.ts",
    `if (presence === "gone")`,
    `if (presence !== "there")`,
  ),
  one(
    "a sealed file is noted before it is on the disk",
    "bridge/seal/room-files.ts",
    "        await handle.sync();\n",
    "",
  ),
  // What the simulation found in the bridge itself, undone again.
  one(
    "a late file brings back the text before an edit",
    "bridge/store/outbox.ts",
    "d.room === row.room && target(d.part) === target(row.part));",
    "d.room === row.room && d.part === row.part);",
  ),
  one(
    "a file that came in time for its delivery is waited for without end",
    "bridge/store/outbox.ts",
    "deliveries.fix(row.id, made.key, made.bytes, awaited);",
    "deliveries.fix(row.id, made.key, made.bytes, lacking);",
  ),
  one(
    "a spooled file that is lost holds up its room",
    "bridge/outbox/worker.ts",
    "      if (error instanceof SpoolLost) {\n",
    "      if (error instanceof SpoolLost && delivery.id < 0) {\n",
  ),
];

/** From now on this thread loads the bridge with the bug in it. Before any file of the bridge is loaded. */
export function plant(mutant: Mutant): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      const own = mutant.patches.filter((p) => url === new URL(`file://${path.join(root, p.file)}`).href);
      if (own.length === 0) return loaded;
      let source =
        typeof loaded.source === "string" ? loaded.source : Buffer.from(bytes(loaded.source)).toString();
      for (const { find, put } of own) {
        if (!source.includes(find)) throw new Error(`${mutant.name}: its place in the code is gone`);
        source = source.replace(find, () => put);
      }
      return { ...loaded, source };
    },
  });
}

function bytes(source: unknown): Uint8Array {
  if (source instanceof Uint8Array) return source;
  if (source instanceof ArrayBuffer) return new Uint8Array(source);
  throw new TypeError("a module without a source");
}
