/** Stands for a secret in rendered text; the host replaces it in memory. */
export function secretMarker(name: string): string {
  return `@{secret:${name}}`;
}

/** The address that the operator's own machine appears as: locally the gateway of the container network; elsewhere loopback. */
export const GATEWAY_MARKER = "@{local:gateway}";
/** Interface of the default route, where publishers and viewers come in; neighbours of the plan come by others. */
export const UPLINK_MARKER = "@{local:uplink}";
/** Address at which the outside reaches this host, for WebRTC candidates. */
export const PUBLIC_MARKER = "@{local:public}";

/** Public base address of a distributor or CDN, "https://host:port"; empty where the target knows none. */
export function addressMarker(name: string): string {
  return `@{address:${name}}`;
}

const OPENING = "@{secret:";

/** Names of the secrets that a text mentions, each once. */
export function secretsIn(text: string): string[] {
  const names = new Set<string>();
  for (let at = text.indexOf(OPENING); at >= 0; at = text.indexOf(OPENING, at + OPENING.length)) {
    const end = text.indexOf("}", at);
    if (end > at + OPENING.length) names.add(text.slice(at + OPENING.length, end));
  }
  return [...names];
}
