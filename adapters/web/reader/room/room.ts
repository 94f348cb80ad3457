import { hex } from "../psr1/bytes.ts";
import type { JoinLink } from "../psr1/link.ts";
import { originUrl } from "../psr1/link.ts";
import type { RoomView } from "../view.ts";
import { Book, chainOf } from "./book.ts";
import { type History, historyOf } from "./history.ts";
import { type Circumstances, show } from "./show.ts";
import type { Storage, StoredRecord, StoredRoom } from "./storage.ts";

/** A place that a locator pointed at: what its record's hash begins with. */
export interface Pointed {
  readonly chain: number;
  readonly seq: number;
  readonly hash: string;
}

/** One room on this device: its set of records, what is kept of it, and what is known of its places. */
export class Room {
  stored: StoredRoom;
  readonly book: Book;
  /** Hashes of records that were shown here. */
  readonly shown = new Set<string>();
  loading = true;
  /** Names of gaps that stayed after one more try at every place. */
  gaps: ReadonlySet<string> = new Set();
  offline = false;
  behind = false;
  pointed: Pointed | null = null;
  /** Whether every place was asked since something was pointed at. */
  asked = false;
  /** Whether the device keeps it. */
  kept = false;
  #history: History | null = null;

  constructor(stored: StoredRoom) {
    this.stored = stored;
    this.book = new Book(stored.rootPk, stored.salt);
    for (const key of stored.keys) this.book.addKey(key);
    for (const cert of stored.certs) this.book.addCert(cert);
    for (const head of stored.heads) this.book.addHead(head);
  }

  get id(): string {
    return this.stored.id;
  }

  /** The set changed: what follows from it is worked out anew when it is next looked at. */
  changed(): void {
    this.#history = null;
  }

  get history(): History {
    this.#history ??= historyOf(this.book, this.shown);
    return this.#history;
  }

  view(now: number): RoomView {
    const circumstances: Circumstances = {
      id: this.id,
      now,
      loading: this.loading,
      gaps: this.gaps,
      offline: this.offline,
      behind: this.behind,
      locatorDisagrees: this.#locatorDisagrees(),
      pointedMissing: this.#pointedMissing(),
      contact: this.stored.contact,
      read: this.stored.read,
    };
    return show(this.book, this.history, circumstances);
  }

  /** Records or heads tell of the place that the locator pointed at, and all tell another hash. */
  #locatorDisagrees(): boolean {
    const { pointed, book } = this;
    if (pointed === null) return false;
    const heads = [...book.heads.values()].filter(
      (h) => chainOf(h) === pointed.chain && h.seq === pointed.seq,
    );
    const told = [
      ...(book.entries.get(pointed.chain)?.get(pointed.seq)?.keys() ?? []),
      ...heads.map((h) => hex(h.hash)),
    ];
    return told.length > 0 && !told.some((hash) => hash.startsWith(pointed.hash));
  }

  /** What the locator pointed at is not here, though the places were asked for it. */
  #pointedMissing(): boolean {
    const { pointed, book } = this;
    if (pointed === null || !this.asked) return false;
    return (book.entries.get(pointed.chain)?.get(pointed.seq)?.size ?? 0) === 0;
  }

  /** Keeps certificates, heads and the rest of what is small. */
  async save(storage: Storage): Promise<void> {
    this.stored = {
      ...this.stored,
      keys: [...this.book.keys],
      certs: [...this.book.certs.values()].map((c) => c.bytes),
      heads: this.book.headsToKeep().map((head) => head.bytes),
    };
    await storage.saveRoom(this.stored, !this.kept);
    this.kept = true;
  }

  /** Remembers what is on the page as shown. Answers the records that were not before. */
  nowShown(): readonly StoredRecord[] {
    return this.history.displayed.flatMap(({ record: { hash, bytes } }) => {
      if (this.shown.has(hash)) return [];
      this.shown.add(hash);
      return [{ hash, bytes, shown: true }];
    });
  }
}

/** A link's places as addresses; the page's own folder where it names none. */
export const originsOf = (link: JoinLink, page: string | null): readonly string[] => {
  const named = link.origins.map(originUrl).filter((o) => o !== null);
  return link.origins.length > 0 || page === null ? named : [page];
};

/** What a join link begins. */
export function fromLink(link: JoinLink, page: string | null): StoredRoom {
  const { rootPk, salt, serial, restart, epoch, key } = link;
  return {
    id: hex(new Book(rootPk, salt).roomId),
    rootPk,
    salt,
    keys: [{ serial, restart, epoch, key }],
    origins: originsOf(link, page),
    refused: [],
    certs: [],
    heads: [],
    read: null,
    contact: null,
  };
}
