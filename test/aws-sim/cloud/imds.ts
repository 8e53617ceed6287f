/** Instance metadata, version 2, at 169.254.169.254: who asks is told by the address it comes from. */
import { randomBytes } from "node:crypto";
import http from "node:http";
import type { CloudState, Instance } from "./state.ts";

const HOUR_MS = 3_600_000;

export function createMetadata(state: () => CloudState | null): http.Server {
  const tokens = new Map<string, { readonly instance: string; readonly until: number }>();
  return http.createServer((req, res) => {
    const from = (req.socket.remoteAddress ?? "").replace(/^::ffff:/, ""), now = state();
    const instance = now?.instances.find((i) => i.privateIp === from);
    const say = (status: number, text = ""): void => { res.writeHead(status, { "content-type": "text/plain" }); res.end(text); };
    if (now === null || instance === undefined) return say(404);
    const path = (req.url ?? "/").split("?")[0] ?? "/";
    if (req.method === "PUT" && path === "/latest/api/token") {
      const seconds = Number(req.headers["x-aws-ec2-metadata-token-ttl-seconds"]);
      if (!(seconds >= 1 && seconds <= 21_600) || req.headers["x-forwarded-for"] !== undefined) return say(400);
      const token = randomBytes(24).toString("base64url");
      tokens.set(token, { instance: instance.id, until: Date.now() + seconds * 1000 });
      res.setHeader("x-aws-ec2-metadata-token-ttl-seconds", String(seconds));
      return say(200, token);
    }
    const given = tokens.get(String(req.headers["x-aws-ec2-metadata-token"] ?? ""));
    if (given === undefined ? instance.tokensRequired : given.instance !== instance.id || given.until < Date.now()) return say(401);
    const text = lookUp(path, instance, now);
    return text === null ? say(404, "Not Found") : say(200, text);
  });
}

/** Text at a path; a folder lists its names; null when there is nothing. */
export function lookUp(path: string, i: Instance, state: CloudState): string | null {
  if (path === "/latest/user-data") return i.userData;
  if (path === "/latest/dynamic/instance-identity/document") return JSON.stringify({ accountId: state.account, architecture: "x86_64", availabilityZone: i.zone, imageId: i.image, instanceId: i.id, instanceType: i.type, privateIp: i.privateIp, region: i.region, version: "2017-09-30" });
  const prefix = "/latest/meta-data";
  if (!path.startsWith(prefix)) return null;
  const tree = treeOf(i, state), key = path.slice(prefix.length).replace(/^\/+|\/+$/g, "");
  const exact = tree[key];
  if (exact !== undefined) return exact;
  const below = key === "" ? "" : `${key}/`;
  const names = [...new Set(Object.keys(tree).filter((k) => k.startsWith(below)).map((k) => { const rest = k.slice(below.length), slash = rest.indexOf("/"); return slash < 0 ? rest : rest.slice(0, slash + 1); }))];
  return names.length === 0 ? null : names.join("\n");
}

function treeOf(i: Instance, state: CloudState): Record<string, string> {
  const host = `ip-${i.privateIp.replaceAll(".", "-")}.${i.region}.compute.internal`, role = state.roles.find((r) => r.name === i.role);
  return {
    "ami-id": i.image, "instance-id": i.id, "instance-type": i.type, "instance-life-cycle": "on-demand", "hostname": host, "local-hostname": host, "local-ipv4": i.privateIp,
    "mac": macOf(i.privateIp), "placement/availability-zone": i.zone, "placement/availability-zone-id": i.zoneId, "placement/region": i.region, "services/domain": "amazonaws.com", "services/partition": "aws",
    ...(i.publicIp === null ? {} : { "public-ipv4": i.publicIp, "public-hostname": `ec2-${i.publicIp.replaceAll(".", "-")}.${i.region}.compute.amazonaws.com` }),
    ...(i.target === null ? {} : { "autoscaling/target-lifecycle-state": i.target }),
    ...Object.fromEntries(Object.entries(i.tags ?? {}).map(([k, v]) => [`tags/instance/${k}`, v])),
    ...(role === undefined ? {} : {
      "iam/info": JSON.stringify({ Code: "Success", InstanceProfileArn: `arn:aws:iam::${state.account}:instance-profile/${role.name}` }),
      [`iam/security-credentials/${role.name}`]: JSON.stringify({ Code: "Success", Type: "AWS-HMAC", LastUpdated: new Date().toISOString(), AccessKeyId: role.accessKey, SecretAccessKey: role.secretKey, Token: role.token, Expiration: new Date(Date.now() + 6 * HOUR_MS).toISOString() }, null, 2),
    }),
  };
}

/** As Docker makes it from an address. */
function macOf(ip: string): string {
  return ["02", "42", ...ip.split(".").map((n) => Number(n).toString(16).padStart(2, "0"))].join(":");
}
