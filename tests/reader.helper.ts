import { createApp } from "../adapters/web/reader/room/app.ts";
import { memoryStorage, type Storage } from "../adapters/web/reader/room/storage.ts";
import type { AppView, RoomView, Store } from "../adapters/web/reader/view.ts";
import { systemClock } from "../bridge/clock.ts";
import type { Clock } from "../bridge/model/effects.ts";

export interface TestReader {
  readonly store: Store;
  /** The open room. */
  room(): RoomView;
  view(): AppView;
  close(): void;
}

/** The reader page's own logic without a page: memory for storage, the network as it is. */
export async function reader(
  link: string,
  storage: Storage = memoryStorage(),
  clock: Pick<Clock, "now"> = systemClock,
): Promise<TestReader> {
  const [page = "", fragment = ""] = link.split("#");
  const store = await createApp({
    fetch: (url, init) => fetch(url, init),
    sleep: (ms, signal) => systemClock.sleep(ms, signal),
    storage,
    now: () => clock.now(),
    breathe: () => new Promise((resolve) => setImmediate(resolve)),
    fragment,
    clearFragment: () => {},
    onFragment: () => {},
    page: page.replace(/\/$/, ""),
    inApp: false,
    visible: () => true,
    onVisible: () => {},
  });
  return {
    store,
    view: () => store.view(),
    room() {
      const { open } = store.view();
      if (open === null) throw new Error("no room is open");
      return open;
    },
    close: () => store.actions.closeRoom(),
  };
}
