/** Which AWS call an HTTP request is, and what it is about, as IAM would name them. */

export interface ApiRequest { readonly method: string; readonly url: URL; readonly headers: Readonly<Record<string, string | undefined>>; readonly body: Buffer }
export interface Call {
  readonly service: string;
  readonly region: string;
  /** e.g. "s3:GetObject". */
  readonly action: string;
  /** ARNs; every one must be allowed. */
  readonly resources: readonly string[];
  /** Condition keys in lower case. */
  readonly facts: Readonly<Record<string, string>>;
  /** Parameters of a query or JSON call. */
  readonly parameters: Readonly<Record<string, string>>;
}

const SCOPE = /Credential=([^/]+)\/\d+\/([^/]+)\/([^/]+)\/aws4_request/;

/** Access key of a signed request; null when it is not signed. */
export function accessKeyOf(request: Pick<ApiRequest, "headers" | "url">): string | null {
  return SCOPE.exec(request.headers["authorization"] ?? "")?.[1] ?? request.url.searchParams.get("X-Amz-Credential")?.split("/")[0] ?? null;
}

/** Null for a request that names no service. */
export function callOf(request: ApiRequest, account: string): Call | null {
  const scope = SCOPE.exec(request.headers["authorization"] ?? "");
  const region = scope?.[2] ?? "us-east-1", service = scope?.[3];
  if (service === undefined) return null;
  if (service === "s3") return s3Call(request, region);
  if (service === "route53") return route53Call(request);
  const target = request.headers["x-amz-target"];
  if (target !== undefined) return jsonCall(service, region, account, target, request.body);
  const parameters = Object.fromEntries(new URLSearchParams(request.body.toString()));
  const action = parameters["Action"] ?? request.url.searchParams.get("Action") ?? "Unknown";
  return { service, region, action: `${service}:${action}`, resources: queryResources(service, region, account, parameters), facts: {}, parameters };
}

function queryResources(service: string, region: string, account: string, p: Readonly<Record<string, string>>): string[] {
  const group = p["AutoScalingGroupName"];
  if (service === "autoscaling" && group !== undefined) return [`arn:aws:autoscaling:${region}:${account}:autoScalingGroup:*:autoScalingGroupName/${group}`];
  return ["*"];
}

function s3Call({ method, url }: ApiRequest, region: string): Call {
  const [, bucket = "", ...rest] = decodeURIComponent(url.pathname).split("/"), key = rest.join("/"), q = url.searchParams;
  const object = `arn:aws:s3:::${bucket}/${key}`;
  const make = (action: string, resource: string, facts: Record<string, string> = {}): Call => ({ service: "s3", region, action: `s3:${action}`, resources: [resource], facts, parameters: { bucket, key } });
  if (key === "") {
    if (method === "GET" || method === "HEAD") return make(q.has("location") ? "GetBucketLocation" : q.has("versions") ? "ListBucketVersions" : "ListBucket", `arn:aws:s3:::${bucket}`, { "s3:prefix": q.get("prefix") ?? "" });
    return make(`${method}Bucket`, `arn:aws:s3:::${bucket}`);
  }
  if (q.has("uploadId") && method === "DELETE") return make("AbortMultipartUpload", object);
  if (q.has("uploadId") && method === "GET") return make("ListMultipartUploadParts", object);
  if (method === "GET" || method === "HEAD") return make(q.has("versionId") ? "GetObjectVersion" : "GetObject", object);
  return make(method === "DELETE" ? "DeleteObject" : "PutObject", object);
}

function jsonCall(service: string, region: string, account: string, target: string, body: Buffer): Call {
  const name = target.split(".").at(-1) ?? "";
  let input: Record<string, unknown> = {};
  try { input = JSON.parse(body.toString()) as Record<string, unknown>; } catch { /* judged as without input */ }
  const text = (key: string): string => (typeof input[key] === "string" ? input[key] : "");
  const texts = (key: string): string[] => (Array.isArray(input[key]) ? (input[key] as unknown[]).map(String) : []);
  const parameter = (n: string): string => `arn:aws:ssm:${region}:${account}:parameter${n.startsWith("/") ? "" : "/"}${n}`;
  const resources = service === "ssm"
    ? name === "GetParametersByPath" ? [parameter(text("Path"))] : [...texts("Names"), ...(text("Name") ? [text("Name")] : [])].map(parameter)
    : service === "logs" ? [`arn:aws:logs:${region}:${account}:log-group:${text("logGroupName")}:${text("logStreamName") ? `log-stream:${text("logStreamName")}` : "*"}`] : [];
  return { service, region, action: `${service}:${name}`, resources: resources.length > 0 ? resources : ["*"], facts: {}, parameters: Object.fromEntries(Object.entries(input).map(([k, v]) => [k, typeof v === "string" ? v : JSON.stringify(v)])) };
}

function route53Call({ method, url, body }: ApiRequest): Call {
  const path = url.pathname.split("/"), zone = path[path.indexOf("hostedzone") + 1] ?? "", text = body.toString();
  const all = (re: RegExp): string => [...new Set([...text.matchAll(re)].map((m) => (m[1] ?? "").replace(/\.$/, "")))].join("\n");
  if (path.includes("rrset")) {
    return {
      service: "route53", region: "us-east-1", action: method === "POST" ? "route53:ChangeResourceRecordSets" : "route53:ListResourceRecordSets", resources: [`arn:aws:route53:::hostedzone/${zone}`],
      facts: method === "POST" ? {
        "route53:changeresourcerecordsetsnormalizedrecordnames": all(/<Name>([^<]*)<\/Name>/g).toLowerCase(), "route53:changeresourcerecordsetsrecordtypes": all(/<Type>([^<]*)<\/Type>/g), "route53:changeresourcerecordsetsactions": all(/<Action>([^<]*)<\/Action>/g),
      } : {}, parameters: { zone, body: text },
    };
  }
  if (path.includes("change")) return { service: "route53", region: "us-east-1", action: "route53:GetChange", resources: [`arn:aws:route53:::change/${path.at(-1) ?? ""}`], facts: {}, parameters: {} };
  return { service: "route53", region: "us-east-1", action: method === "GET" ? "route53:GetHostedZone" : `route53:${method}`, resources: [`arn:aws:route53:::hostedzone/${zone}`], facts: {}, parameters: { zone } };
}
