/** What is predicted for each kind of edit; test/e2e/impact.e2e.ts sees whether it happens. */
import { describe, expect, test } from "vitest";
import { compare } from "../../../infra/plan/impact/compare.ts";
import { between, feltLines, side } from "./fixtures.ts";

const BASE = `streams:
  main: { viewers: 100 }
  side: { publishers: { studio: {}, guest: { backup: true } }, viewers: 5500, restream: { yt: { url: "rtmp://yt.example/live" } } }
`;
const ONE = "streams:\n  main: { viewers: 40 }\n";

const EDITS: readonly (readonly [string, string, string, readonly string[]])[] = [
  ["nothing", BASE, BASE, []],
  ["more viewers expected", ONE, ONE.replace("40", "50"), []],
  ["recording switched on", BASE, BASE.replace("main: { ", "main: { record: true, "), []],
  ["a restream destination added at the end", BASE, BASE.replace("} } }\n", '}, zz: { url: "rtmp://zz.example/live" } } }\n'), []],
  ["a restream destination added before another", BASE, BASE.replace("yt:", 'aa: { url: "rtmp://aa.example/live" }, yt:'), ["stream-restarts | side: yt.example misses up to 5 s; nobody re-buffers"]],
  ["a stream added", BASE, `${BASE}  late:\n`, []],
  ["a stream removed", BASE, BASE.replace(/ {2}side.*\n/, ""), ["viewers-rebuffer | side: its 2 publishers drop for good; about 5,500 viewers lose it for good"]],
  ["a rung added", BASE, BASE.replace("main: { ", "main: { ladder: [source, 720p, 480p, 360p, 240p], "), ["stream-restarts | main: its encoder starts again; viewers keep playing"]],
  ["one rung of several removed", BASE, BASE.replace("main: { ", "main: { ladder: [source, 480p], "), ["stream-restarts | main: its encoder starts again; viewers keep playing"]],
  ["every rung replaced", BASE, BASE.replace("main: { ", "main: { encoder: { kind: x264, preset: medium }, "), ["viewers-rebuffer | main: about 100 viewers re-buffer, about 12 s"]],
  ["the audio changed", BASE, BASE.replace("main: { ", "main: { audio: { bitrate: 64 kbps }, "), ["viewers-rebuffer | main: about 100 viewers re-buffer, about 12 s"]],
  ["the slate changed", BASE, BASE.replace("main: { ", "main: { slate: Soon, "), ["stream-restarts | main: shows the slate for up to 1 s; nobody re-buffers"]],
  ["an SRT publisher's key rotated", BASE, BASE.replace("studio: {}", "studio: { keyRotation: 2 }"), ["publishers-drop | side: studio drops until given the new key; nobody else"]],
  ["both publishers' keys rotated", BASE, BASE.replace("studio: {}, guest: { ", "studio: { keyRotation: 2 }, guest: { keyRotation: 2, "), ["publishers-drop | side: its 2 publishers drop until given the new key; viewers see the slate meanwhile, nobody re-buffers"]],
  ["an RTMP publisher's key rotated", ONE.replace("{ ", "{ publishers: { cam: { via: rtmp } }, "), ONE.replace("{ ", "{ publishers: { cam: { via: rtmp, keyRotation: 2 } }, "), []],
  ["SRT taken from a publisher", BASE, BASE.replace("studio: {}", "studio: { via: [rtmps] }"), ["publishers-drop | side: studio reconnects, about 3 s; nobody else"]],
  ["an allow-list added", BASE, BASE.replace("studio: {}", "studio: { from: 203.0.113.0/24 }"), []],
  ["latency lowered", BASE, BASE.replace("side: { ", "side: { latency: low, "), ["viewers-rebuffer | side: about 5,500 viewers have to open it again"]],
  ["pages limited", BASE, BASE.replace("main: { ", "main: { access: { origins: [\"https://a.example\"] }, "), ["viewers-rebuffer | main: about 100 viewers on pages that are no longer listed lose it"]],
  ["a distributor added", BASE, `${BASE}distributors: 2\n`, []],
  ["a distributor removed: players go to another by themselves", `${ONE}distributors: 2\n`, ONE, []],
  ["a distributor removed that serves a stream of low latency", `${ONE.replace("{ ", "{ latency: low, ladder: [source], ")}distributors: 2\n`, ONE.replace("{ ", "{ latency: low, ladder: [source], "), ["viewers-rebuffer | main: about 20 viewers of removed distributors have to open it again"]],
  ["a multiplexer added", ONE, `${ONE}multiplexers: 2\n`, []],
];

test.each(EDITS)("%s", (_, before, after, felt) => {
  expect(feltLines(between(before, after))).toEqual(felt);
});

describe("classes", () => {
  test.each([
    ["nothing", ONE, ONE.replace("40", "50")],
    ["hot-reload", BASE, BASE.replace("main: { ", "main: { record: true, ")],
    ["stream-restarts", BASE, BASE.replace("main: { ", "main: { ladder: [source, 480p], ")],
    ["publishers-drop", BASE, BASE.replace("studio: {}", "studio: { keyRotation: 2 }")],
    ["viewers-rebuffer", BASE, BASE.replace("main: { ", "main: { segment: 4 s, ")],
  ])("%s", (cls, before, after) => { expect(between(before, after).class).toBe(cls); });

  test("host-replaced: what the target says differs", () => {
    const facts = (image: string) => ({ facts: { "mux-home-a": { image }, "tx-home-1": { image }, "dist-home-1": { image } } });
    const impact = compare(side(ONE, facts("a")), side(ONE, facts("b")));
    expect(impact.class).toBe("host-replaced");
    expect(impact.sentence).toBe("mux-home-a, tx-home-1, dist-home-1 made anew · main: its publisher reconnects, about 10 s; about 40 viewers re-buffer, about 10 s");
    expect(impact.changes.every((c) => c.effects.every((e) => e.cause === null))).toBe(true);
  });

  test("a redundant stream survives the replacement of one of its transcoders", () => {
    const two = "streams:\n  main: { viewers: 40, redundancy: 2 }\ntranscoders: 2\n";
    const impact = compare(side(two, { facts: { "tx-home-1": { image: "a" } } }), side(two, { facts: { "tx-home-1": { image: "b" } } }));
    expect(feltLines(impact)).toEqual(["stream-restarts | main: its encoder starts again; viewers keep playing"]);
  });
});

describe("secrets", () => {
  test("another value of the user's own secret connects that platform again", () => {
    const body = 'streams:\n  main: { restream: { yt: { url: "rtmp://yt.example/live", key: secret:youtube } } }\n';
    const impact = compare(side(body, { secrets: { "config/youtube": "11" } }), side(body, { secrets: { "config/youtube": "22" } }));
    expect(feltLines(impact)).toEqual(["stream-restarts | main: yt.example misses up to 5 s; nobody re-buffers"]);
  });

  test("another certificate is a hot reload of its file on every host that shows it", () => {
    const impact = compare(side(ONE, { secrets: { "tls/server.crt": "11" } }), side(ONE, { secrets: { "tls/server.crt": "22" } }));
    expect(impact.changes.map((c) => `${c.host} ${c.name} ${c.class}`)).toEqual(["mux-home-a tls/server.crt hot-reload", "dist-home-1 tls/server.crt hot-reload"]);
  });

  test("another stack secret drops every publisher", () => {
    const impact = compare(side(ONE, { secrets: { "*": "11" } }), side(ONE, { secrets: { "*": "22" } }));
    expect(impact.felt[0]?.publishers).toEqual(["studio"]);
  });
});

test("every effect names the line that asked for it", () => {
  const impact = between(BASE, BASE.replace("studio: {}", "studio: { keyRotation: 2 }").replace("main: { ", "main: { ladder: [source, 480p], "));
  const causes = impact.changes.flatMap((c) => c.effects.map((e) => `${e.stream} ${e.cause?.join(".")}`));
  expect([...new Set(causes)].sort()).toEqual(["main streams.main.ladder", "side streams.side.publishers.studio", "side streams.side.publishers.studio.keyRotation"]);
});
