import path from "node:path";
import type sodium from "libsodium-wrappers";
import type { Failpoints } from "../failpoint.ts";
import type { Spool } from "../media/spool.ts";
import type { Disk } from "../model/disk.ts";
import type { AnnouncementId, MediaId, RoomName } from "../model/ids.ts";
import type { MediaMeta } from "../outbox/port.ts";
import type { MediaStore } from "../store/media.ts";
import type { FileEntry, SealStore } from "../store/seal.ts";
import { sealFile } from "./file.ts";

export interface RoomFilesOptions {
  readonly lib: typeof sodium;
  readonly disk: Disk;
  /** `<folder>/<room>/<hex file id>`: sealed files as they are carried. */
  readonly folder: string;
  readonly spool: Spool;
  readonly media: MediaStore;
  readonly store: SealStore;
  readonly failpoints: Failpoints;
  /** Runs a write in a transaction of its own. */
  readonly atomically: (work: () => void) => void;
}

/** Files as a sealed room carries them: sealed anew for each room, so that no two rooms can be linked by a file. */
export function createRoomFiles(o: RoomFilesOptions) {
  const { disk } = o;
  const folderOf = (room: RoomName) => path.join(o.folder, room);
  const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
  const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64url");
  /** Places of files that are being sealed and have no row yet: a sweep leaves them alone. */
  const underway = new Set<string>();

  return {
    /** Where the carriers find a sealed file. */
    path: (room: RoomName, fileId: Uint8Array) => path.join(folderOf(room), hex(fileId)),

    /**
     * Seals a spooled attachment for a room and notes it. The file is whole and synced before it is noted; a crash
     * between leaves an orphan that {@link sweep} removes.
     */
    async seal(
      room: RoomName,
      announcement: AnnouncementId,
      media: MediaId,
      meta: MediaMeta,
      signal: AbortSignal,
    ): Promise<FileEntry> {
      const spooled = o.media.state(media)?.spool;
      if (spooled == null) throw new Error("an attachment that is not spooled");
      await disk.makeFolder(folderOf(room), 0o700);
      const part = path.join(folderOf(room), `${media}.part`);
      const handle = await disk.create(part, 0o600);
      const secrets = { id: o.lib.randombytes_buf(16), key: o.lib.randombytes_buf(32) };
      const whole = path.join(folderOf(room), hex(secrets.id));
      for (const place of [part, whole]) underway.add(place);
      let written = false;
      try {
        const sealed = await sealFile(
          o.lib,
          interruptible(o.spool.read(media, Buffer.from(spooled.key, "base64url")), signal),
          meta.size,
          async (chunk) => {
            await handle.write(chunk);
            o.failpoints("file.middle");
          },
          secrets,
        );
        if (!sealed.ok) throw new Error(`a spooled file that cannot be sealed: ${sealed.error}`);
        await handle.sync();
        written = true;
        await handle.close();
        await disk.rename(part, whole);
        await disk.syncFolder(folderOf(room));
        const entry: FileEntry = {
          id: text(sealed.id),
          key: text(sealed.key),
          hash: text(sealed.hash),
          size: meta.size,
          name: meta.name,
          mime: meta.mime,
          ...(meta.width === undefined ? {} : { w: meta.width }),
          ...(meta.height === undefined ? {} : { h: meta.height }),
          ...(meta.thumb === undefined ? {} : { thumb: meta.thumb }),
        };
        o.atomically(() => {
          o.store.putFile(room, media, announcement, sealed.id, entry);
        });
        o.failpoints("file.after");
        return entry;
      } catch (error) {
        if (!written) await handle.close();
        await disk.remove(part);
        throw error;
      } finally {
        for (const place of [part, whole]) underway.delete(place);
      }
    },

    /** Forgets files that no record names yet and that are not there (a database that was restored): they are sealed anew. */
    async forgetLost(room: RoomName): Promise<void> {
      for (const { media, fileId } of o.store.unsentFiles(room))
        if ((await disk.size(path.join(folderOf(room), hex(fileId)))) === null) o.store.dropFile(room, media);
    },

    /**
     * Removes files that no record refers to: leftovers of crashes, retracted posts and days past the window. What is
     * being sealed meanwhile stays.
     */
    async sweep(room: RoomName): Promise<void> {
      const folder = folderOf(room);
      const found = (await disk.list(folder)).map((name) => path.join(folder, name));
      // Looked up together, and after the list: what is in it has a row by now, or is still being sealed.
      const keep = new Set([...o.store.fileIds(room).map((id) => path.join(folder, hex(id))), ...underway]);
      for (const place of found) if (!keep.has(place)) await disk.remove(place);
    },
  };
}
export type RoomFiles = ReturnType<typeof createRoomFiles>;

async function* interruptible(
  content: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncIterable<Uint8Array> {
  for await (const piece of content) {
    if (signal.aborted) throw new Error("stopped");
    yield piece;
  }
}
