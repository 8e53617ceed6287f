/** Signed cookies: a custom or canned policy, signed by a key of the behaviour's key groups. */
import { verify } from "node:crypto";
import { like } from "../iam.ts";

interface Policy { readonly Statement: readonly { readonly Resource: string; readonly Condition: Readonly<Record<string, Readonly<Record<string, string | number>>>> }[] }

const decode = (text: string): Buffer => Buffer.from(text.replaceAll("-", "+").replaceAll("_", "=").replaceAll("~", "/"), "base64");

/** Null when the cookies open the address, else CloudFront's reason. @param keys PEM public keys by key id */
export function refusal(cookies: ReadonlyMap<string, string>, keys: Readonly<Record<string, string>>, url: string, viewer: string, nowSeconds: number): string | null {
  const id = cookies.get("CloudFront-Key-Pair-Id"), signature = cookies.get("CloudFront-Signature"), custom = cookies.get("CloudFront-Policy"), expires = cookies.get("CloudFront-Expires");
  if (id === undefined || signature === undefined || (custom === undefined && expires === undefined)) return "MissingKey";
  const key = keys[id];
  if (key === undefined) return "UnknownKey";
  const text = custom !== undefined ? decode(custom).toString() : `{"Statement":[{"Resource":"${url}","Condition":{"DateLessThan":{"AWS:EpochTime":${expires}}}}]}`;
  try {
    if (!verify("sha1", Buffer.from(text), key, decode(signature))) return "AccessDenied";
    const [statement] = (JSON.parse(text) as Policy).Statement;
    if (statement === undefined || !like(statement.Resource, url)) return "AccessDenied";
    const at = (name: string): number | undefined => { const v = statement.Condition[name]?.["AWS:EpochTime"]; return v === undefined ? undefined : Number(v); };
    if ((at("DateLessThan") ?? 0) <= nowSeconds) return "AccessDenied";
    if ((at("DateGreaterThan") ?? 0) > nowSeconds) return "AccessDenied";
    const from = statement.Condition["IpAddress"]?.["AWS:SourceIp"];
    return from === undefined || String(from).startsWith(viewer) || from === "0.0.0.0/0" ? null : "AccessDenied";
  } catch { return "MalformedPolicy"; }
}
