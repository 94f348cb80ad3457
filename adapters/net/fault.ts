/** Why a connection failed, for telling what to mend. `proxied`: it goes through a proxy. */
export function faultOf(error: unknown, proxied: boolean): "tls" | "timeout" | "proxy" | "unreachable" {
  const seen: string[] = [];
  for (let e: unknown = error; e instanceof Error && seen.length < 8; e = e.cause)
    seen.push(e.name, "code" in e ? String(e.code) : "", e.message);
  const words = seen.join(" ");
  if (/CERT|SELF_SIGNED|UNABLE_TO_(VERIFY|GET)|ERR_TLS|ERR_SSL|EPROTO/.test(words)) return "tls";
  if (/TIMEOUT|ETIMEDOUT/i.test(words)) return "timeout";
  if (proxied && /proxy|socks|ECONNREFUSED/i.test(words)) return "proxy";
  return "unreachable";
}
