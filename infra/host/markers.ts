import { HostFailure } from "./failure.ts";

/** What markers stand for on this host. */
export interface MarkerValues {
  readonly secrets: Readonly<Record<string, string>>;
  /** IPv4 of the default gateway; the address that the operator's machine appears as in a container. */
  readonly gateway: string;
  /** Interface of the default route: where publishers and viewers come in. */
  readonly uplink: string;
  /** Address that viewers and publishers use to reach this host. */
  readonly public: string;
  /** Public base addresses of other ways to the streams, by name (see Bundle). */
  readonly addresses?: Readonly<Record<string, string>>;
}

const MARKER = /@\{(secret|local|address):([^}\n]*)\}/g;

/**
 * Replaces `@{secret:NAME}`, `@{local:gateway|uplink|public}` and `@{address:NAME}` (empty when the target knows none); all other text stays.
 * @param where file or option named in the error
 * @throws HostFailure for a name that was not given
 */
export function fillMarkers(text: string, values: MarkerValues, where: string): string {
  return text.replace(MARKER, (_whole, kind: string, name: string) => {
    if (kind === "secret") {
      if (!Object.hasOwn(values.secrets, name)) {
        throw new HostFailure(`${where} needs the secret "${name}", which was not given. Send it under "secrets", or remove its marker.`);
      }
      return values.secrets[name] ?? "";
    }
    if (kind === "address") return values.addresses !== undefined && Object.hasOwn(values.addresses, name) ? values.addresses[name] ?? "" : "";
    if (name === "gateway") return values.gateway;
    if (name === "uplink") return values.uplink;
    if (name === "public") return values.public;
    throw new HostFailure(`${where} has the marker @{local:${name}}. Allowed: @{local:gateway}, @{local:uplink}, @{local:public}.`);
  });
}

/** True when the text asks for a secret. */
export function hasSecretMarker(text: string): boolean {
  return [...text.matchAll(MARKER)].some((m) => m[1] === "secret");
}

/** Where the default route leads. */
export interface DefaultRoute { readonly gateway: string; readonly uplink: string }

/** A host without a default route: nobody from outside is let in. */
export const NO_ROUTE: DefaultRoute = { gateway: "127.0.0.1", uplink: "lo" };

/** Default route from the text of /proc/net/route (addresses are little-endian hex), lowest metric first. */
export function defaultRoute(routes: string): DefaultRoute {
  const best = routes.split("\n").slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((f) => f[1] === "00000000" && f[7] === "00000000" && /^[0-9A-Fa-f]{8}$/.test(f[2] ?? "") && f[2] !== "00000000")
    .sort((a, b) => Number(a[6]) - Number(b[6]))[0];
  if (!best?.[2] || !best[0]) return NO_ROUTE;
  return { gateway: (best[2].match(/../g) ?? []).reverse().map((h) => parseInt(h, 16)).join("."), uplink: best[0] };
}
