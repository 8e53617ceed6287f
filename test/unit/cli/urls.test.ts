import { describe, expect, it } from "vitest";
import { HIDDEN, publishUrl, rtmpServer, srtForwardUrl, srtUrl, whipToken } from "../../../scripts/cli/kit/urls.ts";

const at = { stream: "main", publisher: "laptop", host: "live.example.org", port: 1935 };
const secrets = { key: "abc_DEF-123", passphrase: "pass-PHRASE_1" };

describe("publish URLs", () => {
  it("splits RTMP into OBS's server and key so that both together are the path", () => {
    const { server, key } = rtmpServer("rtmp", at, secrets);
    expect(server).toBe("rtmp://live.example.org:1935/main");
    expect(key).toBe("laptop?user=main.laptop&pass=abc_DEF-123");
    expect(publishUrl("rtmp", at, secrets)).toBe(`${server}/${key}`);
  });

  it("leaves the characters of an SRT stream id as they are, because SRT programs do not decode it", () => {
    expect(srtUrl({ ...at, port: 8890 }, secrets)).toBe(
      "srt://live.example.org:8890?streamid=publish:main/laptop:main.laptop:abc_DEF-123&passphrase=pass-PHRASE_1&latency=500000&pkt_size=1316");
  });

  it("gives MediaMTX no latency, which it would read in another unit", () => {
    expect(srtForwardUrl(at, secrets)).not.toContain("latency");
  });

  it("puts WHIP's key into the token, not into the address", () => {
    expect(publishUrl("whip", { ...at, port: 8889 }, secrets)).toBe("https://live.example.org:8889/main/laptop/whip");
    expect(whipToken(at, secrets)).toBe("main.laptop:abc_DEF-123");
  });

  it("encodes what would break a query, and brackets IPv6", () => {
    const url = publishUrl("rtmps", { ...at, host: "2001:db8::1", port: 1936 }, { key: "a&b=c d#e%", passphrase: null });
    expect(url).toBe("rtmps://[2001:db8::1]:1936/main/laptop?user=main.laptop&pass=a%26b%3Dc%20d%23e%25");
    expect(new URL(url.replace("rtmps:", "https:")).searchParams.get("pass")).toBe("a&b=c d#e%");
  });

  it("shows dots, not encoded dots, for hidden secrets", () => {
    const hidden = { key: null, passphrase: null };
    for (const protocol of ["rtmp", "rtmps", "srt"] as const) expect(publishUrl(protocol, at, hidden)).toContain(HIDDEN);
    expect(whipToken(at, hidden)).toBe(`main.laptop:${HIDDEN}`);
  });
});
