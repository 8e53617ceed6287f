import { describe, expect, test } from "vitest";
import { compare } from "../../../infra/plan/impact/compare.ts";
import { deployedOtherwise, readRecord, recordOf } from "../../../infra/plan/impact/record.ts";
import { side } from "./fixtures.ts";

const BODY = "streams:\n  main: { viewers: 40 }\n";
const record = () => recordOf(side(BODY), "stacks/x.yaml", `headend: 1\nname: studio\n${BODY}`);

test("the same deployment gives the same record, and reading it back gives it whole", () => {
  expect(JSON.stringify(record())).toBe(JSON.stringify(record()));
  expect(readRecord(JSON.stringify(record()))).toEqual(record());
});

test("it holds no secret: neither the stack secret nor a key derived from it", () => {
  const text = JSON.stringify(record());
  expect(text).not.toContain("unit-test-stack-secret");
  expect(text).not.toContain("sha256:");
});

test.each([[undefined], [""], ["{}"], ["not json"], ['{"version":2}'], [42]])("what is no record of ours is none: %s", (text) => { expect(readRecord(text)).toBeNull(); });

describe("headend has changed since", () => {
  const now = side(BODY);
  const otherwise = (host: string, item: string, hash: string) => {
    const deployed = record();
    return deployedOtherwise({ ...deployed, hashes: { ...deployed.hashes, [host]: { ...deployed.hashes[host], [item]: hash } } }, now.bundles, now.bundles);
  };

  test("nothing is unknown while it writes the same", () => { expect(deployedOtherwise(record(), now.bundles, now.bundles).size).toBe(0); });

  test.each([
    ["mux-home-a", "mediamtx/mediamtx.yml", "publishers-drop"], ["tx-home-1", "mediamtx/mediamtx.yml", "stream-restarts"], ["tx-home-1", "ffmpeg/main.args", "stream-restarts"],
    ["dist-home-1", "nginx/nginx.conf", "hot-reload"], ["mux-home-a", "service mediamtx", "publishers-drop"], ["tx-home-1", "firewall", "hot-reload"],
  ])("%s %s: the worst it can do", (host, item, cls) => {
    const impact = compare(now, now, otherwise(host, item, "000000"));
    expect(impact.changes.map((c) => c.host)).toEqual([host]);
    expect(impact.class).toBe(cls);
  });

  test("what was deployed otherwise than headend would write it, but as it is to be, stays", () => {
    const deployed = record();
    const old = side("streams:\n  main: { viewers: 40, slate: Soon }\n");
    // Deployed by the headend of today from another text: hashes as they are to be, though the deployed topology renders otherwise.
    expect(compare(old, now, deployedOtherwise(deployed, old.bundles, now.bundles)).class).toBe("nothing");
  });
});
