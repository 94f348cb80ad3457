/** What a call to IndexedDB changed, as the file of a crypto store is told of it. Keys are texts (see key.ts). */
export type Change =
  | { readonly kind: "put"; readonly store: string; readonly key: string; readonly value: Uint8Array }
  | { readonly kind: "delete"; readonly store: string; readonly keys: readonly string[] }
  | { readonly kind: "clear"; readonly store: string }
  | {
      readonly kind: "make_store";
      readonly store: string;
      readonly keyPath: string | readonly string[] | null;
    }
  | { readonly kind: "drop_store"; readonly store: string }
  | {
      readonly kind: "make_index";
      readonly store: string;
      readonly index: string;
      readonly keyPath: string | readonly string[];
      readonly unique: boolean;
      readonly multiEntry: boolean;
    }
  | { readonly kind: "drop_index"; readonly store: string; readonly index: string };

/** What one transaction of IndexedDB changed in a database, which has this version after it. */
export interface Committed {
  readonly database: string;
  readonly version: number;
  readonly changes: readonly Change[];
}

/** Takes what one transaction of IndexedDB changed, all of it or nothing, before anybody learns that it is complete. */
export interface Journal {
  /** Durable when it returns. Throws where that failed: then nothing more may be done with the database. */
  commit(committed: Committed): void;
  /** A whole database went. */
  drop(database: string): void;
  /** Told once a commit failed. */
  failed(error: unknown): void;
}
