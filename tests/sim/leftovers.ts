import type { Living, Surroundings } from "./life.ts";
import { SOURCE } from "./scenario.ts";

const DAY = 86_400_000;

/** Nothing of what was delivered remains, and the cursor stands at the end. Then the archive's window passes. */
export async function leftovers(s: Surroundings, life: Living): Promise<void> {
  const { world, truth, disk } = s;
  const { db, bridge } = life;
  const count = (sql: string): number => Number(db.prepare(sql).pluck().get());
  const none = (what: string, sql: string): void => {
    const n = count(sql);
    if (n > 0) world.wrong(`${n} ${what}`);
  };
  if (bridge.store.sources.cursor(SOURCE) !== `${truth.updates.length}`)
    world.wrong("the cursor does not stand at the end");
  none("lanes are left", "SELECT count(*) FROM lanes");
  none("deliveries wait", "SELECT count(*) FROM deliveries WHERE state IN ('queued', 'fixed')");
  none("payloads were not erased", "SELECT count(*) FROM revisions WHERE payload_sealed IS NOT NULL");
  none(
    "fixed bytes were not erased",
    "SELECT count(*) FROM deliveries WHERE fixed_sealed IS NOT NULL OR extra_sealed IS NOT NULL",
  );
  none(
    "deliveries lack files that will never come",
    "SELECT count(*) FROM deliveries WHERE lacking IS NOT NULL",
  );
  none("keys of spooled files were not erased", "SELECT count(*) FROM media WHERE spool_sealed IS NOT NULL");
  if (s.chat.refused.size === 0) none("dead letters", "SELECT count(*) FROM dead_letters");
  await drained(s, bridge.sweep());
  const spooled = disk.list("/data/spool").length;
  if (spooled > 0) world.wrong(`${spooled} spooled files were not removed`);
  world.mono += 16 * DAY;
  await drained(s, bridge.newDay());
  none("keys of the archive outlived their window", "SELECT count(*) FROM archive_days");
  none("archived texts outlived their window", "SELECT count(*) FROM archive");
}

/** Lets time pass until the work is done. */
async function drained(s: Surroundings, work: Promise<unknown>): Promise<void> {
  let done = false;
  void work.then(() => {
    done = true;
  });
  for (let steps = 0; steps < 10_000; steps++) {
    await s.world.breathe();
    if (done) return;
    if (!s.world.step()) break;
  }
  s.world.wrong("sweeping or the nightly step does not end");
}
