import path from "node:path";
import type { Failpoints } from "../../../bridge/failpoint.ts";
import type { Disk } from "../../../bridge/model/disk.ts";
import type { Carrier, LogView } from "../../../bridge/seal/carrier.ts";

/** Records in one segment file (PSR1, "The log and its carriers"). */
const SEGMENT = 16;

/**
 * The static tree of PSR1: `/<room>/cert`, `/<room>/head`, `/<room>/s/<serial>.<restart>/<n>`, `/<room>/f/<file>`.
 * Plain files that any static host can serve. Each is replaced whole (written aside, synced, renamed), files come
 * before the records that name them and the head comes last.
 */
export function createTreeCarrier(disk: Disk, folder: string, failpoints: Failpoints): Carrier {
  /** What this process has written or checked: `<room>/<chain>` → last seq. Empty at start, so that a restart checks all. */
  const done = new Map<string, number>();

  const segments = async (root: string, log: LogView): Promise<void> => {
    for (const chain of log.chains) {
      const name = `${chain.serial}.${chain.restart}`;
      const own = path.join(root, "s", name);
      await disk.makeFolder(own, 0o755);
      const known = done.get(`${log.roomId}/${name}`) ?? -1;
      const from = Math.floor(Math.max(chain.first, known + 1) / SEGMENT);
      for (let n = from; n * SEGMENT <= chain.last; n++) {
        const rows = log.records(chain.serial, chain.restart, n * SEGMENT, SEGMENT);
        const records = rows.filter((r) => r.seq < (n + 1) * SEGMENT).map((r) => r.record);
        await replace(disk, path.join(own, String(n)), Buffer.concat(records));
        failpoints("carrier.segment");
      }
      done.set(`${log.roomId}/${name}`, chain.last);
      for (const file of await disk.list(own))
        if (!/^\d+$/.test(file) || (Number(file) + 1) * SEGMENT <= chain.first)
          await disk.remove(path.join(own, file));
    }
    const kept = new Set(log.chains.map((c) => `${c.serial}.${c.restart}`));
    for (const name of await disk.list(path.join(root, "s")))
      if (!kept.has(name)) await disk.remove(path.join(root, "s", name));
  };

  return {
    name: "feed",
    async copy(log, signal) {
      const root = path.join(folder, log.roomId);
      await disk.makeFolder(path.join(root, "s"), 0o755);
      await disk.makeFolder(path.join(root, "f"), 0o755);
      for (const file of log.files) {
        if (signal.aborted) return;
        await place(disk, file.path, path.join(root, "f", file.id));
        failpoints("carrier.file");
      }
      await segments(root, log);
      await replace(disk, path.join(root, "cert"), log.certs);
      if (log.head !== null) await replace(disk, path.join(root, "head"), log.head);
      failpoints("carrier.head");
      const kept = new Set(log.files.map((f) => f.id));
      for (const name of await disk.list(path.join(root, "f")))
        if (!kept.has(name)) await disk.remove(path.join(root, "f", name));
    },
  };
}

/** Replaces a file as a whole; one that has these bytes already is left alone. */
async function replace(disk: Disk, file: string, bytes: Uint8Array): Promise<void> {
  const before = await disk.read(file);
  if (before !== null && Buffer.compare(before, bytes) === 0) return;
  const part = `${file}.part`;
  const handle = await disk.create(part, 0o644);
  let whole = false;
  try {
    await handle.write(bytes);
    await handle.sync();
    whole = true;
  } finally {
    await handle.close();
    // A torn part takes room where there is none.
    if (!whole) await disk.remove(part).catch(() => {});
  }
  await disk.rename(part, file);
}

/** Puts a sealed file into the tree: a hard link where the disk allows it, a copy elsewhere. One that is lost is left. */
async function place(disk: Disk, from: string, to: string): Promise<void> {
  const size = await disk.size(from);
  if (size === null || size === (await disk.size(to))) return;
  const part = `${to}.part`;
  await disk.remove(part);
  await disk.link(from, part);
  await disk.rename(part, to);
}
