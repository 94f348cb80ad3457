/**
 * The schema, one entry a version, applied in order and never changed once released.
 *
 * What is sealed is a BLOB named so; hashes are the vault's keyed hashes. Times are ms UTC.
 * `deliveries` keeps its settled rows for as long as the announcement's sighting, so that UNIQUE
 * (room, announcement, part, revision) holds against every repeat. Sightings are never dropped: a source may tell of
 * an edit of any age, and a post that is no longer known would be mirrored as new. What stays of an announcement is
 * ids of our own, hashes and times, about 1 KB with three rooms: a busy channel's 10,000 posts a year are 10 MB.
 */
export const migrations: readonly string[] = [
  `
CREATE TABLE vault_check (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL) STRICT;

CREATE TABLE instance (id INTEGER PRIMARY KEY CHECK (id = 1), mark BLOB NOT NULL) STRICT;

CREATE TABLE sources (
  name TEXT PRIMARY KEY,
  cursor_sealed BLOB,
  read_at INTEGER,
  trouble TEXT
) STRICT;

CREATE TABLE channels (
  source TEXT NOT NULL,
  channel_hash BLOB NOT NULL,
  baseline_at INTEGER NOT NULL,
  PRIMARY KEY (source, channel_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE announcements (
  id TEXT PRIMARY KEY,
  posted_at INTEGER NOT NULL,
  accepted_at INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
  facts_hash BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE sightings (
  source TEXT NOT NULL,
  foreign_hash BLOB NOT NULL,
  channel_hash BLOB NOT NULL,
  foreign_sealed BLOB,
  announcement TEXT REFERENCES announcements (id),
  posted_at INTEGER NOT NULL,
  as_of INTEGER NOT NULL,
  content_hash BLOB NOT NULL,
  removed INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (source, foreign_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX sightings_window ON sightings (source, channel_hash, posted_at) WHERE removed = 0;
CREATE INDEX sightings_announcement ON sightings (announcement);

CREATE TABLE revisions (
  announcement TEXT NOT NULL REFERENCES announcements (id),
  revision INTEGER NOT NULL,
  payload_sealed BLOB,
  PRIMARY KEY (announcement, revision)
) STRICT, WITHOUT ROWID;

CREATE TABLE media (
  id TEXT PRIMARY KEY,
  announcement TEXT NOT NULL REFERENCES announcements (id),
  identity_hash BLOB NOT NULL,
  kind TEXT NOT NULL,
  ref_sealed BLOB,
  source TEXT NOT NULL,
  size_limit INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('pending', 'ready', 'failed', 'spent')),
  code TEXT,
  tries INTEGER NOT NULL DEFAULT 0,
  retry_at INTEGER NOT NULL,
  spool_sealed BLOB,
  UNIQUE (announcement, identity_hash)
) STRICT, WITHOUT ROWID;
CREATE INDEX media_pending ON media (retry_at) WHERE state = 'pending';

CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY,
  room TEXT NOT NULL,
  announcement TEXT NOT NULL REFERENCES announcements (id),
  part TEXT NOT NULL,
  revision INTEGER NOT NULL,
  action TEXT NOT NULL,
  mapping TEXT NOT NULL,
  urgent INTEGER NOT NULL DEFAULT 0,
  pin INTEGER NOT NULL DEFAULT 0,
  accepted_at INTEGER NOT NULL,
  due_at INTEGER NOT NULL,
  retry_at INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL CHECK (state IN ('queued', 'fixed', 'sent', 'refused', 'cancelled')),
  extra_sealed BLOB,
  key TEXT,
  fixed_sealed BLOB,
  lacking TEXT,
  UNIQUE (room, announcement, part, revision)
) STRICT;
CREATE INDEX deliveries_lane ON deliveries (room, id) WHERE state IN ('queued', 'fixed');
CREATE INDEX deliveries_urgent ON deliveries (room, id) WHERE urgent = 1 AND state IN ('queued', 'fixed');
CREATE INDEX deliveries_announcement ON deliveries (announcement, revision);
CREATE INDEX deliveries_lacking ON deliveries (announcement) WHERE lacking IS NOT NULL;

CREATE TABLE lanes (
  room TEXT PRIMARY KEY,
  priority INTEGER NOT NULL,
  due_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX lanes_due ON lanes (priority, due_at);

CREATE TABLE message_map (
  room TEXT NOT NULL,
  announcement TEXT NOT NULL REFERENCES announcements (id),
  part TEXT NOT NULL,
  room_revision INTEGER NOT NULL,
  receipt_sealed BLOB,
  PRIMARY KEY (room, announcement, part)
) STRICT, WITHOUT ROWID;

CREATE TABLE dead_letters (
  delivery INTEGER PRIMARY KEY REFERENCES deliveries (id),
  room TEXT NOT NULL,
  code TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE archive_days (day INTEGER PRIMARY KEY, key_sealed BLOB NOT NULL) STRICT;
CREATE TABLE archive (
  announcement TEXT NOT NULL,
  revision INTEGER NOT NULL,
  day INTEGER NOT NULL REFERENCES archive_days (day) ON DELETE CASCADE,
  payload_sealed BLOB NOT NULL,
  PRIMARY KEY (announcement, revision)
) STRICT, WITHOUT ROWID;
CREATE INDEX archive_day ON archive (day);

CREATE TABLE counters (name TEXT PRIMARY KEY, n INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE seal_certs (
  root_pk BLOB NOT NULL,
  serial INTEGER NOT NULL,
  cert BLOB NOT NULL,
  online_sealed BLOB,
  PRIMARY KEY (root_pk, serial)
) STRICT, WITHOUT ROWID;

CREATE TABLE seal_rooms (
  room TEXT PRIMARY KEY,
  root_pk BLOB NOT NULL,
  salt BLOB NOT NULL,
  room_id BLOB NOT NULL UNIQUE,
  serial INTEGER NOT NULL,
  restart INTEGER NOT NULL,
  next_seq INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  prev BLOB NOT NULL,
  epoch INTEGER NOT NULL,
  last_t INTEGER NOT NULL,
  key_epoch INTEGER NOT NULL,
  key_sealed BLOB NOT NULL,
  info_hash BLOB
) STRICT, WITHOUT ROWID;

CREATE TABLE seal_chains (
  room TEXT NOT NULL REFERENCES seal_rooms (room),
  serial INTEGER NOT NULL,
  restart INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  first_epoch INTEGER NOT NULL,
  last_seq INTEGER,
  last_hash BLOB,
  PRIMARY KEY (room, serial, restart)
) STRICT, WITHOUT ROWID;

CREATE TABLE seal_log (
  room TEXT NOT NULL REFERENCES seal_rooms (room),
  serial INTEGER NOT NULL,
  restart INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  epoch INTEGER NOT NULL,
  record BLOB NOT NULL,
  PRIMARY KEY (room, serial, restart, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE seal_files (
  room TEXT NOT NULL,
  media TEXT NOT NULL,
  announcement TEXT NOT NULL,
  file_id BLOB NOT NULL,
  epoch INTEGER,
  entry_sealed BLOB NOT NULL,
  PRIMARY KEY (room, media)
) STRICT, WITHOUT ROWID;
CREATE INDEX seal_files_announcement ON seal_files (announcement);
`,
  `
ALTER TABLE dead_letters ADD COLUMN day INTEGER;
ALTER TABLE dead_letters ADD COLUMN kept_sealed BLOB;

CREATE TABLE blind (
  source TEXT NOT NULL,
  room TEXT NOT NULL,
  since INTEGER NOT NULL,
  until INTEGER,
  caught INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (source, room)
) STRICT, WITHOUT ROWID;

CREATE TABLE notices (key TEXT PRIMARY KEY, state TEXT NOT NULL) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE vault_hash_key (id INTEGER PRIMARY KEY CHECK (id = 1), sealed BLOB NOT NULL) STRICT;

CREATE TABLE seal_backups (root_pk BLOB PRIMARY KEY, public BLOB NOT NULL) STRICT, WITHOUT ROWID;
ALTER TABLE seal_rooms ADD COLUMN key_serial INTEGER;
ALTER TABLE seal_rooms ADD COLUMN key_restart INTEGER;
ALTER TABLE seal_rooms ADD COLUMN halted TEXT;
`,
  `
CREATE TABLE kept (
  owner TEXT NOT NULL,
  place TEXT NOT NULL,
  value_sealed BLOB NOT NULL,
  PRIMARY KEY (owner, place)
) STRICT, WITHOUT ROWID;
`,
  `
CREATE TABLE newcomers (
  room TEXT PRIMARY KEY,
  first_at INTEGER,
  last_at INTEGER,
  up_to INTEGER NOT NULL DEFAULT 0,
  told_at INTEGER
) STRICT, WITHOUT ROWID;
`,
];
