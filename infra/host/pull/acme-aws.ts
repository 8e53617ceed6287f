import { ChangeResourceRecordSetsCommand, GetChangeCommand, ListResourceRecordSetsCommand, Route53Client } from "@aws-sdk/client-route-53";
import { GetParameterCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { NOT_YET } from "../../targets/aws/contract.ts";
import type { AcmeDeps } from "./acme.ts";
import { PATIENCE } from "./aws-store.ts";

const TTL_SECONDS = 60;
const IN_SYNC_TRIES = 40;
const IN_SYNC_EVERY_MS = 3_000;

/** Parameters of the host's own region, and records in Route 53. */
export function awsAcme(region: string): Pick<AcmeDeps, "read" | "write" | "setTxt"> {
  const ssm = new SSMClient({ region, ...PATIENCE });
  const route53 = new Route53Client({ region, ...PATIENCE });

  const present = async (HostedZoneId: string, name: string): Promise<readonly string[]> => {
    const got = await route53.send(new ListResourceRecordSetsCommand({ HostedZoneId, StartRecordName: name, StartRecordType: "TXT", MaxItems: 1 }));
    const set = got.ResourceRecordSets?.[0];
    return set?.Name?.replace(/\.$/, "") === name && set.Type === "TXT" ? (set.ResourceRecords ?? []).map((r) => r.Value ?? "") : [];
  };
  const inSync = async (id: string): Promise<void> => {
    for (let i = 0; i < IN_SYNC_TRIES; i++) {
      const { ChangeInfo } = await route53.send(new GetChangeCommand({ Id: id }));
      if (ChangeInfo?.Status === "INSYNC") return;
      await new Promise((resolve) => { setTimeout(resolve, IN_SYNC_EVERY_MS); });
    }
    throw new Error(`Route 53 has not published a record after ${IN_SYNC_TRIES * IN_SYNC_EVERY_MS / 1000} s`);
  };

  return {
    async read(Name) {
      try {
        const value = (await ssm.send(new GetParameterCommand({ Name, WithDecryption: true }))).Parameter?.Value;
        return value === undefined || value === NOT_YET ? null : value;
      } catch (error) {
        if (error instanceof Error && error.name === "ParameterNotFound") return null;
        throw error;
      }
    },

    async write(Name, Value) {
      // A chain is often longer than the 4 KB of a standard parameter.
      await ssm.send(new PutParameterCommand({ Name, Value, Type: "SecureString", Overwrite: true, Tier: "Intelligent-Tiering" }));
    },

    async setTxt(HostedZoneId, name, values) {
      const quoted = values.map((value) => `"${value}"`);
      const records = quoted.length > 0 ? quoted : await present(HostedZoneId, name);
      if (records.length === 0) return;
      const { ChangeInfo } = await route53.send(new ChangeResourceRecordSetsCommand({
        HostedZoneId,
        ChangeBatch: { Changes: [{
          Action: quoted.length > 0 ? "UPSERT" : "DELETE",
          ResourceRecordSet: { Name: name, Type: "TXT", TTL: TTL_SECONDS, ResourceRecords: records.map((Value) => ({ Value })) },
        }] },
      }));
      if (quoted.length > 0 && ChangeInfo?.Id) await inSync(ChangeInfo.Id);
    },
  };
}
