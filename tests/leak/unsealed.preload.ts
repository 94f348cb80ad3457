import sodium from "libsodium-wrappers";
import { unsealed } from "./unsealed.helper.ts";

// Loaded before the bridge by the positive control: the library that the bridge then imports seals nothing.
await sodium.ready;
const off = unsealed(sodium);
for (const name of [
  "crypto_aead_xchacha20poly1305_ietf_encrypt",
  "crypto_aead_xchacha20poly1305_ietf_decrypt",
  "crypto_secretstream_xchacha20poly1305_push",
  "crypto_secretstream_xchacha20poly1305_pull",
] as const)
  Object.defineProperty(sodium, name, { value: off[name] });
