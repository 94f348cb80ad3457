import { equal } from "../psr1/bytes.ts";
import { fileIdOf, LARGEST_FILE } from "../psr1/file.ts";
import { parseRecord } from "../psr1/record.ts";
import type { InputError } from "../view.ts";
import type { Added } from "./book.ts";
import { cutParcel } from "./parcel.ts";
import type { Room } from "./room.ts";

export interface GivenOptions {
  readonly rooms: ReadonlyMap<string, Room>;
  readonly files: { keep(id: Uint8Array, carried: Uint8Array): void };
  readonly renew: (cert: Uint8Array) => Promise<void>;
  readonly take: (room: Room, records: readonly Uint8Array[]) => Promise<readonly Added[]>;
  readonly show: (room: Room) => void;
  readonly say: (error: InputError) => void;
}

/** Takes in what a person picks or drops: bundles, certificates and sealed files, in any order. */
export function createGiven(o: GivenOptions) {
  /** One lot after another. */
  let taking: Promise<void> = Promise.resolve();

  /** What a person gives as a file: certificates and records of a room of this device. */
  const parcel = async (bytes: Uint8Array): Promise<void> => {
    const { certs, records, torn } = cutParcel(bytes);
    const first = records[0] === undefined ? null : parseRecord(records[0]);
    if (first === null) {
      for (const cert of torn ? [] : certs) await o.renew(cert);
      return torn || certs.length === 0 ? o.say("bundle-unreadable") : undefined;
    }
    const room = [...o.rooms.values()].find((r) => equal(r.book.roomId, first.roomId));
    if (room === undefined) return o.say("other-room");
    for (const cert of certs) room.book.addCert(cert);
    const added = await o.take(room, records);
    const faults = added.map((a) => (a.ok ? a.entry.fault : a.fault));
    const older = faults.some((f) => f === "older-than-link" || f === "lower-chain");
    if (torn) o.say("file-damaged");
    else if (faults.every((f) => f !== null) && older) o.say("older-than-link");
    else if (!added.some((a) => a.ok)) o.say("bundle-unreadable");
    if (added.some((a) => a.ok)) o.show(room);
  };

  /** Messages first: an attachment is known by the post that names it. */
  const takeFiles = async (blobs: readonly Blob[]): Promise<void> => {
    const attached: { readonly id: Uint8Array; readonly bytes: Uint8Array }[] = [];
    for (const blob of blobs) {
      const bytes =
        blob.size > LARGEST_FILE
          ? null
          : await blob.arrayBuffer().then(
              (b) => new Uint8Array(b),
              () => null,
            );
      const id = bytes === null ? null : fileIdOf(bytes);
      if (bytes === null) o.say("bundle-unreadable");
      else if (id === null) await parcel(bytes);
      else attached.push({ id, bytes });
    }
    for (const { id, bytes } of attached) {
      o.files.keep(id, bytes);
      const room = [...o.rooms.values()].find((r) =>
        r.history.posts.some((p) => p.post.files.some((f) => equal(f.id, id))),
      );
      if (room === undefined) o.say("file-alone");
      else o.show(room);
    }
  };

  return {
    take(blobs: readonly Blob[]): void {
      taking = taking.then(() => takeFiles(blobs));
    },
  };
}
