import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { type Change, edited } from "./edit.ts";

/** What came of changing a settings file. Only with `written` anything was. */
export type WrittenChange = "written" | "unreadable" | "changed" | "unsuited" | "unwritable";

/**
 * Makes changes in a settings file: all of them or none, whenever it ends. Its mode stays, and where its name is a
 * link the file that it leads to is changed. `unsuited`: it is broken, or what is to be changed is not there. `changed`:
 * it does not hold `before` any more, by which the changes were made out; null: that does not matter.
 */
export async function changeSettings(
  file: string,
  changes: readonly Change[],
  before: string | null = null,
): Promise<WrittenChange> {
  const real = await realpath(file).catch(() => null);
  const text = real === null ? null : await readFile(real, "utf8").catch(() => null);
  if (real === null || text === null) return "unreadable";
  if (before !== null && text !== before) return "changed";
  const next = edited(text, changes);
  if (next === null) return "unsuited";
  const beside = path.join(path.dirname(real), `.${path.basename(real)}.${process.pid}.new`);
  try {
    const { mode } = await stat(real);
    const made = await open(beside, "wx", mode & 0o777);
    try {
      // The process's mask takes from what `open` was told.
      await made.chmod(mode & 0o777);
      await made.writeFile(next);
      await made.sync();
    } finally {
      await made.close();
    }
    await rename(beside, real);
    return "written";
  } catch {
    await rm(beside, { force: true }).catch(() => undefined);
    return "unwritable";
  }
}
