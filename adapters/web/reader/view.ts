/**
 * What the page shows: plain data, made by the room logic (room/), drawn by the components (ui/).
 * Texts of announcements are data here and reach the document as text nodes only.
 */

export type MarkKind = "strong" | "em" | "code" | "strike" | "under" | "head" | "mark" | "quote" | "link";
export interface ViewMark {
  readonly m: MarkKind;
  /** UTF-16 units, half open, clamped to the text. */
  readonly s: number;
  readonly e: number;
  readonly url?: string;
}

export interface ViewFile {
  /** base64url of the file id. */
  readonly id: string;
  /** Cleaned of bidi, control and path characters. */
  readonly name: string;
  readonly mime: string;
  /** Bytes of content. */
  readonly size: number;
  readonly width?: number;
  readonly height?: number;
  /** A decoded preview (JPEG or WebP bytes, at most 2 KiB). */
  readonly thumb?: Uint8Array;
}

export interface ViewItem {
  readonly type: "post" | "digest" | "note";
  /** Announcement id; for notes and digests a key unique within the room. */
  readonly id: string;
  /** Unix seconds of the post (not of its edits). */
  readonly t: number;
  readonly text: string;
  readonly marks: readonly ViewMark[];
  readonly files: readonly ViewFile[];
  readonly pin: boolean;
  readonly urgent: boolean;
  /** `null`: never edited. `was` is the text before, where the room shows changes. */
  readonly edited: { readonly t: number; readonly was?: string } | null;
  /** The post this one answers: its id and the beginning of its text, when this device has it. */
  readonly reply: { readonly id: string; readonly excerpt: string | null } | null;
  /** Shown on this device before, but no longer in the room's confirmed history. */
  readonly confirmed: boolean;
  readonly unread: boolean;
  /** For notes. */
  readonly why?: "silent" | "back" | "rep";
}

/** Things a reader must know about the room; ordered by weight, worst first. `at` etc. are unix seconds. */
export type Banner =
  | { readonly kind: "two-histories" }
  | { readonly kind: "rekeyed" }
  | { readonly kind: "link-damaged" }
  | { readonly kind: "certificate-expiring"; readonly at: number }
  | { readonly kind: "certificate-expired"; readonly at: number }
  | { readonly kind: "mirror-silent"; readonly since: number }
  | { readonly kind: "source-silent"; readonly since: number }
  | {
      readonly kind: "gap";
      readonly after: number | null;
      readonly before: number | null;
      readonly local: boolean;
    }
  | { readonly kind: "history-begins"; readonly at: number }
  | { readonly kind: "clock"; readonly hours: number }
  | { readonly kind: "rolled-back" }
  | { readonly kind: "offline" }
  | { readonly kind: "locator-disagrees" }
  /** The record that a button pointed at is not here, and no place has it. */
  | { readonly kind: "pointed-missing" }
  | { readonly kind: "restored" };

export interface RoomView {
  /** Hex room id. */
  readonly id: string;
  readonly title: string | null;
  /** IANA zone in which times are shown. */
  readonly zone: string;
  readonly items: readonly ViewItem[];
  readonly banners: readonly Banner[];
  readonly unread: number;
  readonly loading: boolean;
  /** Unix seconds of the last successful contact with an origin; null: never on this device. */
  readonly contact: number | null;
  /** Eight words for comparing with a neighbour, with the place they stand for. */
  readonly compare: {
    readonly words: readonly string[];
    readonly chain: string;
    readonly seq: number;
  } | null;
  readonly telegram: string | null;
  /** The rep's own words on joining. */
  readonly welcome: string | null;
}

/** A question that the page must put to the reader before going on. */
export type Question =
  | { readonly kind: "merge-link"; readonly room: string; readonly origins: readonly string[] }
  | { readonly kind: "new-origins"; readonly room: string; readonly origins: readonly string[] }
  | { readonly kind: "forget-room"; readonly room: string };

/** One line said where a person gave something that could not be used. */
export type InputError =
  | "not-a-link"
  | "link-checksum"
  | "bundle-unreadable"
  | "other-room"
  | "older-than-link"
  | "file-damaged"
  | "file-missing"
  /** A sealed file of which no post here knows; it waits for one as long as the page is open. */
  | "file-alone"
  | "certificate-refused"
  | "storage-full";

export interface AppView {
  readonly rooms: readonly { readonly id: string; readonly title: string | null; readonly unread: number }[];
  readonly open: RoomView | null;
  readonly question: Question | null;
  readonly error: InputError | null;
  /** The link was just taken in: the page says to keep it. */
  readonly joined: boolean;
  /** That link, whole, so that it can be kept; null once the notice was dismissed. */
  readonly link: string | null;
  /** A messenger's built-in browser: the page says to open a real one. */
  readonly inApp: boolean;
}

/** What the components may ask for. Nothing here returns data: the next {@link AppView} does. */
export interface Actions {
  openRoom(id: string): void;
  closeRoom(): void;
  /** A join link, locator or renewal typed, pasted or scanned. */
  enterLink(text: string): void;
  answer(yes: boolean): void;
  dismissError(): void;
  dismissJoined(): void;
  markRead(room: string, upTo: string): void;
  forgetRoom(id: string): void;
  retry(): void;
  /** Bundles and `file.psr` picked or dropped, in any order. */
  takeFiles(...files: readonly Blob[]): void;
  /** Fetches, checks and opens a file; resolves null when that failed (the error is in the next view). */
  openFile(room: string, item: string, file: string): Promise<Blob | null>;
}

export interface Store {
  view(): AppView;
  subscribe(changed: () => void): () => void;
  readonly actions: Actions;
}
