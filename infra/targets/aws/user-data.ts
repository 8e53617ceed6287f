import type { UserDataValues } from "./contract.ts";
import { STORE } from "./contract.ts";

/** S3 by path, so that an emulator at one address serves every bucket. */
function bootstrapUrl(values: UserDataValues): string {
  const endpoint = values.AWS_ENDPOINT_URL ?? `https://s3.${values.HEADEND_BUCKET_REGION}.amazonaws.com`;
  return `${endpoint}/${values.HEADEND_BUCKET}/${STORE.bootstrap(values.HEADEND_BOOTSTRAP)}`;
}

/**
 * What an instance runs at its first boot: fetches the bootstrap with the instance's own credentials, compares its hash, runs it with
 * these values in its environment. Holds no secret; credentials go to curl through standard input, not its arguments.
 */
export function userData(values: UserDataValues): string {
  const exports = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, value]) => `${key}=${value}`);
  return `#!/bin/bash
set -a
${exports.join("\n")}
set +a
I=\${AWS_EC2_METADATA_SERVICE_ENDPOINT:-http://169.254.169.254}/latest
B=/run/headend-bootstrap
m() { curl -sf -H "X-aws-ec2-metadata-token: $T" $I/meta-data/iam/security-credentials/$1; }
c() { sed -n 's/.*"'$1'" *: *"\\([^"]*\\)".*/\\1/p' <<<"$C"; }
until
T=$(curl -sfX PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 300' $I/api/token) &&
C=$(m $(m)) &&
curl -sf -K- --aws-sigv4 aws:amz:$HEADEND_BUCKET_REGION:s3 -o $B ${bootstrapUrl(values).replace(values.HEADEND_BOOTSTRAP, "$HEADEND_BOOTSTRAP")} <<<"user=$(c AccessKeyId):$(c SecretAccessKey)
header=x-amz-security-token:$(c Token)" &&
sha256sum -c <<<"$HEADEND_BOOTSTRAP  $B"
do sleep 2; done
exec sh $B
`;
}
