import type { Net } from "./fetch.ts";
import type { Storage } from "./storage.ts";

/** What the room logic needs of the world, handed in so that tests own it. */
export interface Environment extends Net {
  readonly storage: Storage;
  /** ms UTC. */
  readonly now: () => number;
  /** Lets the page draw between two slices of work. */
  readonly breathe: () => Promise<void>;
  /** The fragment the page was opened with, without `#`. */
  readonly fragment: string;
  /** Takes the fragment out of the address bar. */
  readonly clearFragment: () => void;
  /** Called when a link is opened in the same page. */
  readonly onFragment: (changed: (fragment: string) => void) => void;
  /** The folder the page lies in, without a closing slash; null for a page opened from disk. */
  readonly page: string | null;
  readonly inApp: boolean;
  readonly visible: () => boolean;
  readonly onVisible: (changed: () => void) => void;
}
