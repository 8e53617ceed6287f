import { CERTIFICATE_SECRETS } from "../plan/secrets.ts";
import type { RenderedFile } from "./bundle.ts";
import { secretMarker } from "./markers.ts";

/** Bundle paths of the certificate chain and its key. */
export const CERTIFICATE = "tls/server.crt";
export const KEY = "tls/server.key";

/** The certificate and key come whole from secrets, since they are made by a resource and unknown at the first preview. */
export function certificateFiles(): RenderedFile[] {
  const [crt, key] = CERTIFICATE_SECRETS;
  return [
    { path: CERTIFICATE, content: secretMarker(crt), mode: "0600", reload: "hot-reload" },
    { path: KEY, content: secretMarker(key), mode: "0600", reload: "hot-reload" },
  ];
}
