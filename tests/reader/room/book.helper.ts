import { Book } from "../../../adapters/web/reader/room/book.ts";
import { historyOf } from "../../../adapters/web/reader/room/history.ts";
import { type Circumstances, show } from "../../../adapters/web/reader/room/show.ts";
import type { Banner, RoomView } from "../../../adapters/web/reader/view.ts";
import { NOW, type RoomWriter, TODAY } from "./writer.helper.ts";

export interface LinkPlace {
  readonly serial?: number;
  readonly restart?: number;
  readonly epoch?: number;
  readonly key?: Uint8Array;
}

/** A link's key as a device holds it. */
export function linkKey(w: RoomWriter, o: LinkPlace = {}) {
  const epoch = o.epoch ?? TODAY - 14;
  return { serial: o.serial ?? 1, restart: o.restart ?? 0, epoch, key: o.key ?? w.key(epoch) };
}

/** A device's set of records with a link's key and the certificates of the room. */
export function bookOf(w: RoomWriter, link: LinkPlace = {}, certs: readonly Uint8Array[] = w.certs): Book {
  const book = new Book(w.root.publicKey, w.salt);
  book.addKey(linkKey(w, link));
  for (const cert of certs) book.addCert(cert);
  return book;
}

/** What a page shows of a set. */
export function viewOf(
  book: Book,
  more: Partial<Circumstances> & { shown?: ReadonlySet<string> } = {},
): RoomView {
  const history = historyOf(book, more.shown ?? new Set());
  return show(book, history, {
    id: "",
    now: NOW,
    loading: false,
    gaps: new Set(history.gaps.map((gap) => gap.key)),
    offline: false,
    behind: false,
    locatorDisagrees: false,
    pointedMissing: false,
    contact: NOW,
    read: null,
    ...more,
  });
}

/** The texts in their order; what is not confirmed has a question mark. */
export const textsOf = (view: RoomView): readonly string[] =>
  view.items.map((item) => `${item.text}${item.confirmed ? "" : "?"}`);

export const kinds = (view: RoomView): readonly Banner["kind"][] => view.banners.map((b) => b.kind);

export const addAll = (book: Book, records: readonly Uint8Array[]): void => {
  for (const record of records) book.addRecord(record);
};
