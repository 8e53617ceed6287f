import { beforeAll, describe, expect, it } from "vitest";
import { checkedCertificate, type OwnCertificate } from "../../../infra/targets/own-certificate.ts";
import { makeCa, type KeyPairPem, type TestCa } from "../../e2e/lib/ca.ts";

let ca: TestCa, own: KeyPairPem, other: KeyPairPem;
beforeAll(async () => {
  ca = await makeCa();
  [own, other] = [await ca.issue(["a.example.org"]), await ca.issue(["b.example.org"])];
});

const check = (pair: OwnCertificate, now = new Date()): OwnCertificate => checkedCertificate(pair, { chain: "full.pem", key: "key.pem" }, now);

describe("the user's own certificate", () => {
  it("is taken, blocks glued together come apart", () => {
    const given = check({ chain: `subject=x\n${own.cert.trim()}${ca.pem.trim()}`, key: own.key });
    expect(given.chain).toBe(`${own.cert.trim()}\n${ca.pem.trim()}\n`);
    expect(given.key).toBe(own.key);
  });

  it.each([
    ["no certificate", (): OwnCertificate => ({ chain: "", key: own.key }), /full\.pem .*holds no certificate/],
    ["the key in place of the chain", (): OwnCertificate => ({ chain: own.key, key: own.cert }), /holds no certificate/],
    ["damaged", (): OwnCertificate => ({ chain: own.cert.replace("MII", "MIX"), key: own.key }), /cannot be read/],
    ["no key", (): OwnCertificate => ({ chain: own.cert, key: "" }), /key\.pem .*no private key/],
    ["another's key", (): OwnCertificate => ({ chain: own.cert, key: other.key }), /is not the key of the first certificate/],
    ["chain in the wrong order", (): OwnCertificate => ({ chain: `${ca.pem}\n${own.cert}`, key: own.key }), /must begin with your own certificate/],
  ])("%s: the message says so", (_, pair, message) => {
    expect(() => check(pair())).toThrow(message);
    for (const secret of [own.key, other.key]) expect(() => check(pair())).not.toThrow(secret.slice(40, 80));
  });

  it("has ended", () => {
    expect(() => check({ chain: own.cert, key: own.key }, new Date(Date.now() + 3 * 86_400_000))).toThrow(/ended on/);
  });
});
