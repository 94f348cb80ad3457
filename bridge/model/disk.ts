/** A file being written. */
export interface DiskWriter {
  write(bytes: Uint8Array): Promise<void>;
  /** What was written so far survives a power cut when it resolves. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file being read from its beginning. */
export interface DiskReader {
  /** The next `n` bytes, fewer at its end. */
  read(n: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Files, handed in so that a simulation owns them. Every method throws what the disk throws (no space, no such file,
 * no permission), with its `code`.
 */
export interface Disk {
  /** Makes a folder and those above it where they are missing; they survive a power cut when it resolves. */
  makeFolder(folder: string, mode: number): Promise<void>;
  /** A new, empty file in the place of what was there. */
  create(file: string, mode: number): Promise<DiskWriter>;
  open(file: string): Promise<DiskReader>;
  /** The whole file; null: there is none. */
  read(file: string): Promise<Uint8Array | null>;
  /** Bytes; null: there is no such file. */
  size(file: string): Promise<number | null>;
  /** Moves a file into the place of what was there. Survives a power cut after {@link syncFolder}. */
  rename(from: string, to: string): Promise<void>;
  /** A file's bytes under a second name that nothing has yet: a hard link, or a synced copy where there are no links. */
  link(from: string, to: string): Promise<void>;
  /** Removes a file or a whole folder; nothing there is fine. */
  remove(file: string): Promise<void>;
  /** Names of what is in a folder; none: it is not there. */
  list(folder: string): Promise<readonly string[]>;
  /** What was created, moved and removed in the folder survives a power cut when it resolves. */
  syncFolder(folder: string): Promise<void>;
}
