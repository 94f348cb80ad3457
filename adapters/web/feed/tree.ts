import { constants } from "node:fs";
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import type { Failpoints } from "../../../bridge/failpoint.ts";
import type { Carrier, LogView } from "../../../bridge/seal/carrier.ts";

/** Records in one segment file (PSR1, "The log and its carriers"). */
const SEGMENT = 16;

/**
 * The static tree of PSR1: `/<room>/cert`, `/<room>/head`, `/<room>/s/<serial>.<restart>/<n>`, `/<room>/f/<file>`.
 * Plain files that any static host can serve. Each is replaced whole (written aside, synced, renamed), files come
 * before the records that name them and the head comes last.
 */
export function createTreeCarrier(folder: string, failpoints: Failpoints): Carrier {
  /** What this process has written or checked: `<room>/<chain>` → last seq. Empty at start, so that a restart checks all. */
  const done = new Map<string, number>();

  const segments = async (root: string, log: LogView): Promise<void> => {
    for (const chain of log.chains) {
      const name = `${chain.serial}.${chain.restart}`;
      const own = path.join(root, "s", name);
      await mkdir(own, { recursive: true });
      const known = done.get(`${log.roomId}/${name}`) ?? -1;
      const from = Math.floor(Math.max(chain.first, known + 1) / SEGMENT);
      for (let n = from; n * SEGMENT <= chain.last; n++) {
        const rows = log.records(chain.serial, chain.restart, n * SEGMENT, SEGMENT);
        const records = rows.filter((r) => r.seq < (n + 1) * SEGMENT).map((r) => r.record);
        await replace(path.join(own, String(n)), Buffer.concat(records));
        failpoints("carrier.segment");
      }
      done.set(`${log.roomId}/${name}`, chain.last);
      for (const file of await readdir(own))
        if (!/^\d+$/.test(file) || (Number(file) + 1) * SEGMENT <= chain.first)
          await rm(path.join(own, file), { force: true });
    }
    const kept = new Set(log.chains.map((c) => `${c.serial}.${c.restart}`));
    for (const name of await readdir(path.join(root, "s")))
      if (!kept.has(name)) await rm(path.join(root, "s", name), { recursive: true, force: true });
  };

  return {
    name: "feed",
    async copy(log, signal) {
      const root = path.join(folder, log.roomId);
      await mkdir(path.join(root, "s"), { recursive: true });
      await mkdir(path.join(root, "f"), { recursive: true });
      for (const file of log.files) {
        if (signal.aborted) return;
        await place(file.path, path.join(root, "f", file.id));
        failpoints("carrier.file");
      }
      await segments(root, log);
      await replace(path.join(root, "cert"), log.certs);
      if (log.head !== null) await replace(path.join(root, "head"), log.head);
      failpoints("carrier.head");
      const kept = new Set(log.files.map((f) => f.id));
      for (const name of await readdir(path.join(root, "f")))
        if (!kept.has(name)) await rm(path.join(root, "f", name), { force: true });
    },
  };
}

/** Replaces a file as a whole; one that has these bytes already is left alone. */
async function replace(file: string, bytes: Uint8Array): Promise<void> {
  const before = await readFile(file).catch(() => null);
  if (before?.equals(bytes) === true) return;
  const part = `${file}.part`;
  const handle = await open(part, "w", 0o644);
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(part, file);
}

/** Puts a sealed file into the tree: a hard link where the disk allows it, a copy elsewhere. */
async function place(from: string, to: string): Promise<void> {
  const [source, target] = await Promise.all([stat(from), stat(to).catch(() => null)]);
  if (target?.size === source.size) return;
  const part = `${to}.part`;
  await rm(part, { force: true });
  try {
    await link(from, part);
  } catch {
    await copyFile(from, part, constants.COPYFILE_FICLONE);
  }
  await rename(part, to);
}
