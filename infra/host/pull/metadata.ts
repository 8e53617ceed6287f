/** EC2 instance metadata, version 2 only: a token first, then paths. */

const TOKEN_SECONDS = 21_600;
const TIMEOUT_MS = 2_000;

export interface Metadata {
  /** Text at a path such as "instance-id"; null when there is none. Rejects when the service does not answer. */
  get(path: string): Promise<string | null>;
}

/** @param env `AWS_EC2_METADATA_SERVICE_ENDPOINT` puts another address in place of the link-local one, as in the SDKs */
export function instanceMetadata(env: Readonly<Record<string, string | undefined>> = process.env, fetcher: typeof fetch = fetch): Metadata {
  const base = env["AWS_EC2_METADATA_SERVICE_ENDPOINT"]?.replace(/\/$/, "") ?? "http://169.254.169.254";
  let token: { readonly text: string; readonly until: number } | null = null;
  const renew = async (): Promise<string> => {
    const response = await fetcher(`${base}/latest/api/token`, {
      method: "PUT", headers: { "x-aws-ec2-metadata-token-ttl-seconds": String(TOKEN_SECONDS) }, signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    if (!response.ok) throw new Error(`instance metadata gives no token: ${response.status}`);
    token = { text: await response.text(), until: Date.now() + (TOKEN_SECONDS - 300) * 1000 };
    return token.text;
  };
  return {
    async get(path) {
      const valid = token !== null && token.until > Date.now() ? token.text : await renew();
      const response = await fetcher(`${base}/latest/meta-data/${path}`, { headers: { "x-aws-ec2-metadata-token": valid }, signal: AbortSignal.timeout(TIMEOUT_MS) });
      if (response.status === 401) token = null;
      if (response.status === 404) return null;
      if (!response.ok) throw new Error(`instance metadata ${path}: ${response.status}`);
      return (await response.text()).trim();
    },
  };
}
