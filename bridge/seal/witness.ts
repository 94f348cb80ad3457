import path from "node:path";
import { z } from "zod";
import type { Disk } from "../model/disk.ts";
import type { Carrier } from "./carrier.ts";
import { order, type Place } from "./restart-rules.ts";

/**
 * Remembers outside the data folder how far each room's log was ever shown, so that a folder which was put back is
 * noticed. One small file, written whole.
 */
export interface Witness {
  readonly file: string;
  /** The file is there and cannot be understood: nothing is known of what was shown. */
  readonly damaged: boolean;
  /** The highest place of a room (32 hex digits) that was ever noted; null: none. */
  known(roomId: string): Place | null;
  /**
   * Resolves when the place, or a higher one, survives a power cut. What is asked for at the same time is written
   * together; a place that is not higher than the known one costs nothing. Throws what the disk throws.
   */
  note(roomId: string, place: Place): Promise<void>;
  /** Whether it can be written; tried by writing what is known. */
  writable(): Promise<boolean>;
}

/** As the `seq` of a place: the chain is begun and has no record yet. */
export const NOTHING_YET = -1;

const place = z
  .string()
  .regex(/^\d{1,5}\.\d{1,3}\.(-1|\d{1,15})$/)
  .transform((text): Place => {
    const [serial = 0, restart = 0, seq = 0] = text.split(".").map(Number);
    return { serial, restart, seq };
  });
const Stored = z.object({ v: z.literal(1), rooms: z.record(z.string().regex(/^[0-9a-f]{32}$/), place) });

function decode(bytes: Uint8Array): ReadonlyMap<string, Place> | null {
  try {
    const found = Stored.safeParse(JSON.parse(new TextDecoder().decode(bytes)));
    return found.success ? new Map(Object.entries(found.data.rooms)) : null;
  } catch {
    return null;
  }
}

const encode = (rooms: ReadonlyMap<string, Place>): Uint8Array => {
  const places = [...rooms].map(([id, p]) => [id, `${p.serial}.${p.restart}.${p.seq}`]);
  return new TextEncoder().encode(`${JSON.stringify({ v: 1, rooms: Object.fromEntries(places) })}\n`);
};

/** The witness kept in `file`; nothing is written before something is noted. Throws what reading throws. */
export async function openWitness(disk: Disk, file: string): Promise<Witness> {
  const bytes = await disk.read(file);
  const found = bytes === null ? new Map<string, Place>() : decode(bytes);
  let saved: ReadonlyMap<string, Place> = found ?? new Map();
  const wanted = new Map(saved);
  let writing: Promise<void> | null = null;

  const reached = (rooms: ReadonlyMap<string, Place>, id: string, p: Place): boolean => {
    const known = rooms.get(id);
    return known !== undefined && order(known, p) >= 0;
  };

  const write = async (): Promise<void> => {
    const rooms = new Map(wanted);
    const folder = path.dirname(file);
    await disk.makeFolder(folder, 0o700);
    const part = `${file}.part`;
    const handle = await disk.create(part, 0o600);
    try {
      await handle.write(encode(rooms));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await disk.rename(part, file);
    await disk.syncFolder(folder);
    saved = rooms;
  };

  return {
    file,
    damaged: found === null,
    known: (id) => saved.get(id) ?? null,
    writable: () =>
      write().then(
        () => true,
        () => false,
      ),
    async note(id, p) {
      if (!reached(wanted, id, p)) wanted.set(id, p);
      while (!reached(saved, id, p)) {
        writing ??= write().finally(() => {
          writing = null;
        });
        await writing;
      }
    },
  };
}

/**
 * A carrier that shows nothing which the witness does not know: however far back the data folder is put later, the
 * next start finds out. `failed` is told when the witness could not be written; then nothing is copied.
 */
export function witnessed(carrier: Carrier, witness: Witness, failed: () => void): Carrier {
  return {
    name: carrier.name,
    async copy(log, signal) {
      const newest = log.chains.at(-1);
      if (newest !== undefined)
        try {
          await witness.note(log.roomId, { ...newest, seq: newest.last });
        } catch (error) {
          failed();
          throw error;
        }
      await carrier.copy(log, signal);
    },
  };
}
