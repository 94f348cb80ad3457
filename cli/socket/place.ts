import { createHash } from "node:crypto";
import { lstatSync, realpathSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** A place where a running bridge may be asked. `folder`: the folder that keeps others out; null: a named pipe. */
export interface SocketPlace {
  readonly path: string;
  readonly folder: string | null;
}

/** The longest path of a Unix socket, in bytes, without the zero at its end. */
const LONGEST = process.platform === "linux" ? 107 : 103;

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Where the bridge of a data folder listens for commands: the first place that it can use. A command tries all of
 * them in this order. In the data folder itself if the path is short enough, else under a name made from it in the
 * user's runtime folder or the folder for temporary files.
 */
export function socketPlaces(dataFolder: string, env: Env): readonly SocketPlace[] {
  // By its own name, so that all who come by other ways try the same places.
  const data = real(dataFolder);
  const name = `postern-${createHash("sha256").update(data).digest("hex").slice(0, 16)}`;
  if (process.platform === "win32") return [{ path: `\\\\.\\pipe\\${name}`, folder: null }];
  const runtime = env.XDG_RUNTIME_DIR ?? "";
  const folders = [
    path.join(data, "state"),
    ...(path.isAbsolute(runtime) ? [path.join(runtime, name)] : []),
    path.join(tmpdir(), name),
  ];
  return folders
    .map((folder) => ({ path: path.join(folder, "bridge.sock"), folder }))
    .filter((place) => Buffer.byteLength(place.path) <= LONGEST);
}

/** The folder as it is called whatever links lead to it. */
function real(folder: string): string {
  try {
    return realpathSync(folder);
  } catch {
    return path.resolve(folder);
  }
}

/**
 * Whether nobody but the bridge's own user (or the administrator) can have put a socket there: a recovery code goes
 * through it. The folder belongs to us or to the owner of the data, and is open to nobody else.
 */
export function isPrivate(place: SocketPlace, dataFolder: string): boolean {
  if (place.folder === null) return true;
  try {
    const info = lstatSync(place.folder);
    const owners = [process.getuid?.(), statSync(dataFolder).uid];
    return info.isDirectory() && (info.mode & 0o077) === 0 && owners.includes(info.uid);
  } catch {
    return false;
  }
}
