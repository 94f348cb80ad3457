import { hasMagic } from "../psr1/bytes.ts";
import { CERT_LENGTH } from "../psr1/cert.ts";
import { split } from "../psr1/record.ts";

/** What a file with messages holds: certificates, then records. Nothing of it is verified yet. */
export interface Parcel {
  readonly certs: readonly Uint8Array[];
  readonly records: readonly Uint8Array[];
  /** Something follows that is neither: the file is cut off or damaged. */
  readonly torn: boolean;
}

/** Cuts a bundle, or several that were put together into one file. */
export function cutParcel(bytes: Uint8Array): Parcel {
  const certs: Uint8Array[] = [];
  const records: Uint8Array[] = [];
  let rest = bytes;
  for (let before = -1; before !== rest.length; ) {
    before = rest.length;
    while (hasMagic(rest, "PSRA") && rest.length >= CERT_LENGTH) {
      certs.push(rest.slice(0, CERT_LENGTH));
      rest = rest.subarray(CERT_LENGTH);
    }
    const cut = split(rest);
    for (const record of cut.records) records.push(record);
    rest = rest.subarray(rest.length - cut.rest);
  }
  return { certs, records, torn: rest.length > 0 };
}
