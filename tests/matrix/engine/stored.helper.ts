import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";
import { openFile } from "../../../adapters/matrix/engine/store/file.ts";
import { packed } from "../../../adapters/matrix/engine/store/packing.ts";
import { sealing } from "../../../adapters/matrix/engine/store/sealing.ts";
import { systemClock } from "../../../bridge/clock.ts";

const Marks = z.array(z.instanceof(Buffer));

interface Stored {
  readonly store: string;
  readonly key: string;
  readonly value: Uint8Array;
  /** Whether its row has been followed by a patch since it was written whole. */
  readonly patched: boolean;
  /** Whether a value as long as this is compressed. */
  readonly compressed: boolean;
}

/** All that a crypto store's file has, if it is there. A copy is read: the file and its log stay as they are. */
export function storedIn(file: string, passphrase: string): readonly Stored[] {
  if (!existsSync(file)) return [];
  const folder = mkdtempSync(path.join(tmpdir(), "postern-stored-"));
  const copy = path.join(folder, "store.db");
  for (const end of ["", "-wal", "-journal"])
    if (existsSync(file + end)) copyFileSync(file + end, copy + end);
  const seal = sealing(passphrase);
  const opened = openFile(copy, seal, false, systemClock.now, () => undefined);
  try {
    if (!opened.ok) throw new Error(`a store that does not open: ${opened.problem}`);
    const { db, databases } = opened.file;
    const marks = db.prepare("SELECT mark FROM patches JOIN records ON records.id = record").pluck().all();
    const patched = new Set(Marks.parse(marks).map((mark) => mark.toString("hex")));
    return databases().flatMap(({ stores }) =>
      stores.flatMap(({ name, records }) =>
        [...records()].map(({ key, value }) => ({
          store: name,
          key,
          value,
          patched: patched.has(seal.mark(name, key).toString("hex")),
          compressed: packed(value) !== value,
        })),
      ),
    );
  } finally {
    if (opened.ok) opened.file.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
