/** Stands for a secret in rendered text; the host replaces it in memory. */
export function secretMarker(name: string): string {
  return `@{secret:${name}}`;
}

/** The address that the operator's own machine appears as: locally the gateway of the container network; elsewhere loopback. */
export const GATEWAY_MARKER = "@{local:gateway}";
/** Address at which the outside reaches this host, for WebRTC candidates. */
export const PUBLIC_MARKER = "@{local:public}";

/** Names of the secrets that a text mentions. */
export function secretsIn(text: string): string[] {
  return text.includes("@{secret:") ? [...text.matchAll(/@\{secret:([^}]+)\}/g)].map((m) => m[1] as string) : [];
}
