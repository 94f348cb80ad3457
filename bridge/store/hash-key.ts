import type { Vault } from "../vault/vault.ts";
import type { Db } from "./db.ts";

const PLACE = "vault_hash_key";

/**
 * The key of a database's keyed hashes: null while it is the vault's own. A change of the vault's key leaves it as it
 * is, since what was hashed is not kept and could not be hashed anew.
 */
export function readHashKey(db: Db, vault: Vault): Uint8Array | null {
  const sealed = db.prepare<[], Buffer>("SELECT sealed FROM vault_hash_key").pluck().get();
  if (sealed === undefined) return null;
  const key = vault.open("check", PLACE, sealed);
  if (key === null) throw new Error("a hash key that the vault does not open");
  return key;
}

export function writeHashKey(db: Db, vault: Vault, key: Uint8Array): void {
  db.prepare("INSERT OR REPLACE INTO vault_hash_key (id, sealed) VALUES (1, ?)").run(
    vault.seal("check", PLACE, key),
  );
}
