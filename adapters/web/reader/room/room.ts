import { hex } from "../psr1/bytes.ts";
import type { JoinLink } from "../psr1/link.ts";
import { originUrl } from "../psr1/link.ts";
import type { RoomView } from "../view.ts";
import { Book } from "./book.ts";
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
  asked = false;
  offline = false;
  behind = false;
  pointed: Pointed | null = null;
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
    const { pointed } = this;
    const told = pointed === null ? undefined : this.book.entries.get(pointed.chain)?.get(pointed.seq);
    const circumstances: Circumstances = {
      id: this.id,
      now,
      loading: this.loading,
      asked: this.asked,
      offline: this.offline,
      behind: this.behind,
      locatorDisagrees:
        pointed !== null && told !== undefined && ![...told.keys()].some((h) => h.startsWith(pointed.hash)),
      contact: this.stored.contact,
      read: this.stored.read,
    };
    return show(this.book, this.history, circumstances);
  }

  /** Keeps certificates, heads and the rest of what is small. */
  async save(storage: Storage): Promise<void> {
    const newest = this.book.newestHead();
    this.stored = {
      ...this.stored,
      keys: [...this.book.keys],
      certs: [...this.book.certs.values()].map((c) => c.bytes),
      heads: newest === null ? [] : [newest.bytes],
    };
    await storage.saveRoom(this.stored);
  }

  /** Remembers that the visible records were shown. Answers those that were not before. */
  nowShown(): readonly StoredRecord[] {
    const fresh = this.history.visible.filter((e) => !this.shown.has(e.record.hash));
    for (const e of fresh) this.shown.add(e.record.hash);
    return fresh.map((e) => ({ hash: e.record.hash, bytes: e.record.bytes, shown: true }));
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
