import { fits } from "./faults.ts";
import { Met } from "./troubles.ts";

/** One request as it was seen. `url` holds path and query. */
export interface SeenRequest {
  readonly n: number;
  readonly method: string;
  readonly path: string;
  readonly url: string;
  /** ms UTC, the simulator's clock. */
  readonly at: number;
  /** null: not answered (yet), or cut off. */
  status: number | null;
}

const kept = 2_000;

/** Counts requests and keeps the latest of them; lets a test wait for a state instead of for time. */
export class Stats {
  readonly #requests: SeenRequest[] = [];
  readonly #statuses = new Map<string, number>();
  readonly #watchers = new Set<() => void>();
  #total = 0;
  /** What clients met of MAX's troubles. */
  readonly met = new Met();
  /** Requests that tried to write into MAX (subscriptions apart). */
  writes = 0;
  /** Media requests that carried an Authorization header: a leak of the token. */
  mediaWithToken = 0;
  mediaBytes = 0;

  begin(method: string, path: string, url: string, at: number): SeenRequest {
    const seen: SeenRequest = { n: ++this.#total, method, path, url, at, status: null };
    this.#requests.push(seen);
    if (this.#requests.length > kept) this.#requests.shift();
    this.changed();
    return seen;
  }

  end(seen: SeenRequest, status: number): void {
    seen.status = status;
    this.#statuses.set(String(status), (this.#statuses.get(String(status)) ?? 0) + 1);
    this.changed();
  }

  /** The latest requests (2,000 at most) whose path fits, oldest first. */
  requests(path = "*"): readonly SeenRequest[] {
    return this.#requests.filter((r) => fits(path, r.path)).map((r) => ({ ...r }));
  }

  get total(): number {
    return this.#total;
  }

  /** Answers by status. */
  get statuses(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#statuses);
  }

  /** Resolves once `reached` holds; looks again at each change. */
  when(reached: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!reached()) return;
        this.#watchers.delete(look);
        resolve();
      };
      this.#watchers.add(look);
      look();
    });
  }

  /** Something changed that a watcher may wait for. */
  changed(): void {
    for (const look of [...this.#watchers]) look();
  }
}
