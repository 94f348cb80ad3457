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
  const places = new Map<string, Brought>();

  const segments = async (root: string, log: LogView, known: Brought): Promise<void> => {
    for (const chain of log.chains) {
      const name = `${chain.serial}.${chain.restart}`;
      const own = path.join(root, "s", name);
      const before = known.chains.get(name);
      if (before === undefined) await disk.makeFolder(own, 0o755);
      const from = Math.floor(Math.max(chain.first, (before?.last ?? -1) + 1) / SEGMENT);
      for (let n = from; n * SEGMENT <= chain.last; n++) {
        const rows = log.records(chain.serial, chain.restart, n * SEGMENT, SEGMENT);
        const records = rows.filter((r) => r.seq < (n + 1) * SEGMENT).map((r) => r.record);
        await replace(disk, path.join(own, String(n)), Buffer.concat(records));
        failpoints("carrier.segment");
      }
      known.chains.set(name, { first: chain.first, last: chain.last });
      if (before?.first === chain.first) continue;
      for (const file of await disk.list(own))
        if (!/^\d+$/.test(file) || (Number(file) + 1) * SEGMENT <= chain.first)
          await disk.remove(path.join(own, file));
    }
    const kept = new Set(log.chains.map((c) => `${c.serial}.${c.restart}`));
    const there = known.fresh ? await disk.list(path.join(root, "s")) : known.chains.keys();
    for (const name of [...there].filter((n) => !kept.has(n))) {
      await disk.remove(path.join(root, "s", name));
      known.chains.delete(name);
    }
  };

  const bring = async (root: string, log: LogView, known: Brought, signal: AbortSignal): Promise<void> => {
    if (known.fresh) {
      await disk.makeFolder(path.join(root, "s"), 0o755);
      await disk.makeFolder(path.join(root, "f"), 0o755);
    }
    for (const file of log.files) {
      if (signal.aborted) return;
      if (known.files.has(file.id)) continue;
      if (await place(disk, file.path, path.join(root, "f", file.id))) known.files.add(file.id);
      failpoints("carrier.file");
    }
    await segments(root, log, known);
    await replace(disk, path.join(root, "cert"), log.certs);
    if (log.head !== null) await replace(disk, path.join(root, "head"), log.head);
    failpoints("carrier.head");
    const kept = new Set(log.files.map((f) => f.id));
    const there = known.fresh ? await disk.list(path.join(root, "f")) : known.files;
    for (const name of [...there].filter((n) => !kept.has(n))) {
      await disk.remove(path.join(root, "f", name));
      known.files.delete(name);
    }
    known.fresh = false;
  };

  return {
    name: "feed",
    async copy(log, signal) {
      const known = places.get(log.roomId) ?? { fresh: true, files: new Set(), chains: new Map() };
      // What is cut off is not known to be there: the next copy looks for itself.
      places.delete(log.roomId);
      await bring(path.join(folder, log.roomId), log, known, signal);
      if (!signal.aborted) places.set(log.roomId, known);
    },
  };
}

/**
 * What this process has brought of a room and found in order, so that a copy costs what is new and not what is there.
 * Nothing is known at the start and after a copy that failed: then all is looked at.
 */
interface Brought {
  fresh: boolean;
  readonly files: Set<string>;
  /** `<serial>.<restart>` → the bounds of the records brought. */
  readonly chains: Map<string, { readonly first: number; readonly last: number }>;
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

/**
 * Puts a sealed file into the tree: a hard link where the disk allows it, a copy elsewhere. False: it is lost, and what
 * the tree has of it is left.
 */
async function place(disk: Disk, from: string, to: string): Promise<boolean> {
  const size = await disk.size(from);
  if (size === null) return false;
  if (size === (await disk.size(to))) return true;
  const part = `${to}.part`;
  await disk.remove(part);
  await disk.link(from, part);
  await disk.rename(part, to);
  return true;
}
