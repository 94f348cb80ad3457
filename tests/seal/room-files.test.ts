import { existsSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { systemDisk } from "../../bridge/disk.ts";
import { noFailpoints } from "../../bridge/failpoint.ts";
import { AnnouncementId, MediaId, MediaRef } from "../../bridge/model/ids.ts";
import { revive } from "../../bridge/pipeline/clean.ts";
import { LARGEST_CONTENT } from "../../bridge/seal/file.ts";
import { createRoomFiles } from "../../bridge/seal/room-files.ts";
import { atomically } from "../../bridge/store/db.ts";
import { core, mapping, ROOM, SOURCE, T, type TestCore } from "../core.helper.ts";

const ANNOUNCEMENT = AnnouncementId.parse("AAAAAAAAAAA");
const MEDIA = MediaId.parse("BBBBBBBBBBB");
const CONTENT = Buffer.from("%PDF-1.4 a small file");
const META = { size: CONTENT.length, mime: "application/pdf", name: "file-2026-11-02-1.pdf" };

/** A core that has one spooled attachment. */
async function spooled(): Promise<TestCore> {
  const c = await core();
  const { announcements, media } = c.bridge.store;
  announcements.insertRow(ANNOUNCEMENT, T, T);
  const about = {
    kind: "file",
    ref: MediaRef.parse("f1"),
    identity: "f1",
    name: META.name,
    limit: 1_000,
  } as const;
  media.note(() => MEDIA, ANNOUNCEMENT, SOURCE, about, T);
  const key = c.vault.freshKey();
  await c.bridge.spool.write(
    MEDIA,
    key,
    (async function* () {
      yield CONTENT;
    })(),
  );
  media.ready(MEDIA, { meta: META, key: Buffer.from(key).toString("base64url") });
  return c;
}

test("a sweep in the middle of a sealing takes leftovers and leaves the file that has no row yet", async () => {
  const c = await spooled();
  const folder = path.join(c.folder, "files");
  let swept = async (): Promise<void> => {};
  const files = createRoomFiles({
    lib: c.lib,
    // The file has its name by now, and is noted only after this.
    disk: { ...systemDisk, syncFolder: () => swept() },
    folder,
    spool: c.bridge.spool,
    media: c.bridge.store.media,
    store: c.bridge.store.seal,
    failpoints: noFailpoints,
    atomically: (work) => atomically(c.db, work),
  });
  await systemDisk.makeFolder(path.join(folder, ROOM), 0o700);
  const leftover = path.join(folder, ROOM, "0".repeat(32));
  await writeFile(leftover, "left by a crash");
  swept = () => files.sweep(ROOM);
  const entry = await files.seal(ROOM, ANNOUNCEMENT, MEDIA, META, new AbortController().signal);
  const own = Buffer.from(entry.id, "base64url").toString("hex");
  expect(await readdir(path.join(folder, ROOM))).toEqual([own]);
  await files.sweep(ROOM);
  expect(existsSync(files.path(ROOM, Buffer.from(own, "hex")))).toBe(true);
});

test("a file beyond what a sealed room carries is a line, whatever its mapping allows, and holds up nothing", async () => {
  const generous = mapping({ largestFile: 10 * LARGEST_CONTENT });
  const c = await core({ mappings: [generous] });
  const to = c.bridge.sealedRooms(() => {}).get(ROOM);
  const name = "video-2026-11-02-1.mp4";
  const clean = revive({
    text: { text: "Запись лекции", marks: [] },
    media: [{ ordinal: 0, kind: "video", name }],
  });
  const made = await to?.prepare(
    {
      id: 1,
      room: ROOM,
      announcement: ANNOUNCEMENT,
      part: "whole",
      revision: 0,
      action: "post",
      mapping: generous.name,
      urgent: false,
      pin: false,
      acceptedAt: T,
      tries: 0,
      fixed: null,
      postedAt: T,
      clean,
      was: null,
      line: null,
      why: null,
      replyTo: null,
      media: [
        {
          id: MEDIA,
          ordinal: 0,
          kind: "video",
          name,
          state: { kind: "ready", meta: { size: LARGEST_CONTENT + 1, mime: "video/mp4", name } },
        },
      ],
    },
    new AbortController().signal,
  );
  const payload = made?.kind === "ready" && made.prepared.kind === "record" ? made.prepared.build(0) : made;
  expect(payload).toMatchObject({ text: `Запись лекции\n\n[Видео ${name}: слишком велик и не переслан]` });
});
