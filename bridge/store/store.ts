import type { Vault } from "../vault/vault.ts";
import { announcementStore } from "./announcements.ts";
import { blindStore } from "./blind.ts";
import { counterStore } from "./counters.ts";
import type { Db } from "./db.ts";
import { deadLetterStore } from "./dead-letters.ts";
import { deliveryStore } from "./deliveries.ts";
import { keptStore } from "./kept.ts";
import { laneStore } from "./lanes.ts";
import { mediaStore } from "./media.ts";
import { messageMap } from "./message-map.ts";
import { newcomerStore } from "./newcomers.ts";
import { noticeStore } from "./notices.ts";
import { sealStore } from "./seal.ts";
import { sightingStore } from "./sightings.ts";
import { sourceStore } from "./sources.ts";

/** Every table behind its own small door. `archiveDays`: how long texts are kept for edits and digests; 0: not at all. */
export function openStore(db: Db, vault: Vault, archiveDays: number) {
  const announcements = announcementStore(db, vault, archiveDays);
  const deliveries = deliveryStore(db, vault);
  return {
    announcements,
    blind: blindStore(db),
    counters: counterStore(db),
    deliveries,
    kept: keptStore(db, vault),
    lanes: laneStore(db),
    letters: deadLetterStore(db, announcements, deliveries),
    map: messageMap(db, vault),
    media: mediaStore(db, vault),
    newcomers: newcomerStore(db),
    notices: noticeStore(db),
    seal: sealStore(db, vault),
    sightings: sightingStore(db, vault),
    sources: sourceStore(db, vault),
  };
}
