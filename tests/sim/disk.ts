import path from "node:path";
import type { Disk, DiskWriter } from "../../bridge/model/disk.ts";
import { Injected, type Life, type World } from "./world.ts";

interface Node {
  bytes: Buffer;
  length: number;
  /** Bytes that a power cut leaves. */
  synced: number;
}

/** A change of a folder that no sync has made durable yet. */
interface Change {
  readonly folders: readonly string[];
  readonly undo: () => void;
}

/**
 * A disk that keeps what was synced. When the power is cut, of everything else any beginning may be left: the last
 * changes of folders are undone from some place on, as a journal does, and files end where they may.
 */
export class SimulatedDisk {
  readonly #world: World;
  readonly #files = new Map<string, Node>();
  readonly #folders = new Set<string>(["/"]);
  #journal: Change[] = [];
  #fullUntil = 0;
  /** Told of a file that stands under its name now. */
  appeared: (file: string, bytes: Uint8Array) => void = () => {};

  constructor(world: World) {
    this.#world = world;
  }

  /** No more room for a while. */
  fill(ms: number): void {
    this.#fullUntil = this.#world.mono + ms;
  }

  bytes(file: string): Uint8Array | null {
    const node = this.#files.get(file);
    return node === undefined ? null : node.bytes.subarray(0, node.length);
  }

  list(folder: string): readonly string[] {
    const prefix = `${folder}/`;
    const names = new Set<string>();
    for (const file of [...this.#files.keys(), ...this.#folders])
      if (file.startsWith(prefix)) names.add(file.slice(prefix.length).split("/")[0] ?? "");
    return [...names];
  }

  /** The whole files of a folder, to be put back later. */
  copyOf(folder: string): ReadonlyMap<string, Uint8Array> {
    const whole = [...this.#files].filter(
      ([file]) => file.startsWith(`${folder}/`) && !file.endsWith(".part"),
    );
    return new Map(whole.map(([file, node]) => [file, node.bytes.subarray(0, node.length)]));
  }

  putBack(files: ReadonlyMap<string, Uint8Array>): void {
    for (const [file, bytes] of files) {
      const whole = Buffer.from(bytes);
      this.#files.set(file, { bytes: whole, length: whole.length, synced: whole.length });
    }
  }

  /** What a power cut leaves. */
  cutPower(): void {
    const kept = this.#world.chance.between(0, this.#journal.length);
    for (const change of this.#journal.slice(kept).reverse()) change.undo();
    this.#journal = [];
    for (const node of new Set(this.#files.values())) {
      node.length = this.#world.chance.between(node.synced, node.length);
      node.synced = node.length;
    }
  }

  #put(file: string, node: Node | undefined): () => void {
    const before = this.#files.get(file);
    if (node === undefined) this.#files.delete(file);
    else this.#files.set(file, node);
    return () => {
      if (before === undefined) this.#files.delete(file);
      else this.#files.set(file, before);
    };
  }

  #changed(files: readonly string[], undo: () => void): void {
    this.#journal.push({ folders: files.map((file) => path.dirname(file)), undo });
  }

  #node(file: string): Node {
    const node = this.#files.get(file);
    if (node === undefined) throw new Injected("ENOENT");
    return node;
  }

  /** The disk as one life sees it. */
  of(life: Life): Disk {
    const world = this.#world;
    const reach = async (what: string, file: string, grows: boolean): Promise<void> => {
      // Names of sealed files are chance; where they lie is not.
      await world.outside(life, `disk.${what} ${path.dirname(file)}`);
      if (world.strikes("disk.broken")) throw new Injected("EIO");
      if (grows && world.mono < this.#fullUntil) throw new Injected("ENOSPC");
    };
    const writer = (node: Node, file: string): DiskWriter => ({
      write: async (bytes) => {
        await reach("write", file, true);
        if (node.length + bytes.length > node.bytes.length) {
          const larger = Buffer.alloc(Math.max(1_024, 2 * (node.length + bytes.length)));
          node.bytes.copy(larger, 0, 0, node.length);
          node.bytes = larger;
        }
        node.bytes.set(bytes, node.length);
        node.length += bytes.length;
      },
      sync: async () => {
        await reach("sync", file, false);
        node.synced = node.length;
      },
      close: async () => {},
    });
    return {
      makeFolder: async (folder) => {
        await reach("folder", folder, true);
        for (let at = folder; at !== "/"; at = path.dirname(at)) this.#folders.add(at);
      },
      create: async (file) => {
        await reach("create", file, true);
        if (!this.#folders.has(path.dirname(file))) throw new Injected("ENOENT");
        const node: Node = { bytes: Buffer.alloc(0), length: 0, synced: 0 };
        this.#changed([file], this.#put(file, node));
        return writer(node, file);
      },
      open: async (file) => {
        await reach("open", file, false);
        const node = this.#node(file);
        let at = 0;
        return {
          read: async (n) => {
            await reach("read", file, false);
            const part = node.bytes.subarray(at, Math.min(node.length, at + n));
            at += part.length;
            return Buffer.from(part);
          },
          close: async () => {},
        };
      },
      read: async (file) => {
        await reach("read", file, false);
        const bytes = this.bytes(file);
        return bytes === null ? null : Buffer.from(bytes);
      },
      size: async (file) => {
        await reach("size", file, false);
        return this.#files.get(file)?.length ?? null;
      },
      rename: async (from, to) => {
        await reach("rename", to, false);
        const node = this.#node(from);
        const back = [this.#put(from, undefined), this.#put(to, node)];
        this.#changed([from, to], () => {
          for (const undo of back.reverse()) undo();
        });
        this.appeared(to, node.bytes.subarray(0, node.length));
      },
      link: async (from, to) => {
        await reach("link", to, true);
        if (this.#files.has(to)) throw new Injected("EEXIST");
        this.#changed([to], this.#put(to, this.#node(from)));
      },
      remove: async (file) => {
        await reach("remove", file, false);
        for (const other of [...this.#files.keys()])
          if (other === file || other.startsWith(`${file}/`))
            this.#changed([other], this.#put(other, undefined));
        this.#folders.delete(file);
      },
      list: async (folder) => {
        await reach("list", folder, false);
        return this.list(folder);
      },
      syncFolder: async (folder) => {
        await reach("sync", `${folder}/.`, false);
        const last = this.#journal.findLastIndex((change) => change.folders.includes(folder));
        this.#journal.splice(0, last + 1);
      },
    };
  }
}
