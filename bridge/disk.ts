import { constants } from "node:fs";
import { copyFile, link, mkdir, open, readdir, readFile, rename, rm, stat, statfs } from "node:fs/promises";
import path from "node:path";
import type { Disk } from "./model/disk.ts";

/** Whether an error says that there is no such file. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && "code" in error && error.code === "ENOENT";

const orMissing = async <T, M>(work: Promise<T>, missing: M): Promise<T | M> => {
  try {
    return await work;
  } catch (error) {
    if (isMissing(error)) return missing;
    throw error;
  }
};

async function sync(place: string): Promise<void> {
  const handle = await open(place, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A folder's entries cannot be synced on Windows, where they need not be. */
const syncFolder = (folder: string): Promise<void> =>
  process.platform === "win32" ? Promise.resolve() : sync(folder);

/** The machine's own disk. */
export const systemDisk: Disk = {
  async makeFolder(folder, mode) {
    const first = await mkdir(folder, { recursive: true, mode });
    if (first === undefined) return;
    for (let at = path.resolve(folder); at !== path.dirname(first); at = path.dirname(at))
      await syncFolder(path.dirname(at));
  },
  async create(file, mode) {
    const handle = await open(file, "w", mode);
    return {
      async write(bytes) {
        // On a disk that is nearly full a write may take only a part, without an error.
        for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at)).bytesWritten;
      },
      sync: () => handle.sync(),
      close: () => handle.close(),
    };
  },
  async open(file) {
    const handle = await open(file, "r");
    return {
      async read(n) {
        const buffer = Buffer.alloc(n);
        let got = 0;
        while (got < n) {
          const { bytesRead } = await handle.read(buffer, got, n - got);
          if (bytesRead === 0) break;
          got += bytesRead;
        }
        return buffer.subarray(0, got);
      },
      close: () => handle.close(),
    };
  },
  read: (file) => orMissing(readFile(file), null),
  async size(file) {
    const info = await orMissing(stat(file), null);
    return info === null ? null : info.size;
  },
  rename: (from, to) => rename(from, to),
  async link(from, to) {
    try {
      await link(from, to);
    } catch {
      await copyFile(from, to, constants.COPYFILE_FICLONE);
      await sync(to);
    }
  },
  remove: (file) => rm(file, { recursive: true, force: true }),
  list: (folder) => orMissing(readdir(folder), []),
  syncFolder,
};

/** Bytes that may still be written where a folder is; null: unknown (it is not there, or the system does not tell). */
export async function freeSpace(folder: string): Promise<number | null> {
  const found = await statfs(folder, { bigint: true }).catch(() => null);
  return found === null ? null : Number(found.bavail * found.bsize);
}
