import type { Vault } from "../vault/vault.ts";
import { announcementStore } from "./announcements.ts";
import { counterStore } from "./counters.ts";
import type { Db } from "./db.ts";
import { deliveryStore } from "./deliveries.ts";
import { laneStore } from "./lanes.ts";
import { mediaStore } from "./media.ts";
import { messageMap } from "./message-map.ts";
import { sealStore } from "./seal.ts";
import { sightingStore } from "./sightings.ts";
import { sourceStore } from "./sources.ts";

/** Every table behind its own small door. `archiveDays`: how long texts are kept for edits and digests; 0: not at all. */
export const openStore = (db: Db, vault: Vault, archiveDays: number) => ({
  announcements: announcementStore(db, vault, archiveDays),
  counters: counterStore(db),
  deliveries: deliveryStore(db, vault),
  lanes: laneStore(db),
  map: messageMap(db, vault),
  media: mediaStore(db, vault),
  seal: sealStore(db, vault),
  sightings: sightingStore(db, vault),
  sources: sourceStore(db, vault),
});
