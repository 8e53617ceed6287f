/** The stand-in for the aws plugin 7.48.0: previews for everybody; a simulation only where a test puts one behind it. */
import { packageSchema } from "../bridge/package-schema.ts";
import type { SchemaFile } from "../bridge/schema.ts";
import { PluginError } from "../resource.ts";
import type { Plugin } from "../resource.ts";
import schema from "../schemas/aws.json" with { type: "json" };
import { previewsOnly } from "./backend.ts";
import type { AwsBackend } from "./backend.ts";
import { answer } from "./functions.ts";
import { awsResource } from "./resource.ts";
import { AWS_TYPES, tokenOf } from "./types.ts";

export const awsSchema = schema as unknown as SchemaFile;

const CONFIG = [
  "region", "profile", "accessKey", "secretKey", "token", "endpoints", "maxRetries", "defaultTags", "ignoreTags", "allowedAccountIds", "forbiddenAccountIds", "assumeRoles", "sharedConfigFiles", "sharedCredentialsFiles",
  "skipCredentialsValidation", "skipMetadataApiCheck", "skipRegionValidation", "skipRequestingAccountId", "s3UsePathStyle", "retryMode", "httpProxy", "httpsProxy", "noProxy", "insecure", "useDualstackEndpoint", "useFipsEndpoint", "customCaBundle", "stsRegion",
] as const;

/** @param backend previews only, unless a test gives its simulation */
export function awsPlugin(backend: AwsBackend = previewsOnly(awsSchema.version)): Plugin {
  let region = "";
  return {
    name: "aws", version: awsSchema.version, acceptSecrets: false,
    resources: new Map(AWS_TYPES.map((type) => [tokenOf(type), awsResource(awsSchema, type, backend)])),
    configKeys: CONFIG, replacingConfigKeys: ["region"],
    schema: () => packageSchema(awsSchema),
    configure(config) {
      const given = config["region"] ?? process.env["AWS_REGION"] ?? process.env["AWS_DEFAULT_REGION"];
      if (typeof given !== "string" || given === "") throw new PluginError("The aws provider has no region. Set it in the program, or: pulumi config set aws:region eu-central-1");
      region = given;
    },
    async invoke(token, args, tell) {
      const own = await backend.invoke(token, args);
      if (own !== undefined) return own;
      const { outputs, placeholder } = answer(token, args, region);
      if (placeholder !== undefined) tell(`${token.split(":").at(-1)}: nobody asked AWS; ${placeholder} is a placeholder of this preview`);
      return outputs;
    },
  };
}
