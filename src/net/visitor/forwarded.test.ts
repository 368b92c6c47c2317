import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { expect, test } from "@jest/globals";
import { readConfig } from "../../core/config.ts";
import { clientOf, forwardedConfig, isUnheeded } from "./forwarded.ts";

const trusting = (networks?: string) =>
  readConfig(forwardedConfig, networks === undefined ? {} : { COCALC_TRUSTED_PROXIES: networks });

/** A request as it comes from a peer; only what is read of it. */
const from = (remoteAddress: string, headers: IncomingHttpHeaders) =>
  ({ socket: { remoteAddress }, headers: { host: "site", ...headers } }) as IncomingMessage;

const CLAIMS = { "x-forwarded-for": "203.0.113.7", "x-forwarded-proto": "https" };

test("a project's pod that says to be somebody else is not believed, unless somebody asked for that", () => {
  for (const pod of ["10.42.0.7", "::ffff:10.42.0.7", "172.17.0.2", "192.168.1.9", "fd00::7"]) {
    const request = from(pod, CLAIMS);
    expect(clientOf(request, trusting())).toEqual({ address: pod.replace("::ffff:", ""), proto: "http", host: "site" });
    expect(isUnheeded(request, trusting())).toBe(true);
    expect(clientOf(request, trusting("private"))).toMatchObject({ address: "203.0.113.7", proto: "https" });
  }
});

test("the proxies that are named are believed, and what stands before them in the chain is not", () => {
  const config = trusting("10.1.0.0/16, loopback");
  const through = (chain: string) => clientOf(from("10.1.0.5", { "x-forwarded-for": chain }), config).address;
  expect(through("203.0.113.7")).toBe("203.0.113.7");
  expect(through("198.51.100.1, 203.0.113.7, 10.1.9.9")).toBe("203.0.113.7");
  expect(through("198.51.100.1, 10.42.0.7")).toBe("10.42.0.7");
  expect(through("nonsense")).toBe("10.1.0.5");
  expect(through(",".repeat(10_000))).toBe("10.1.0.5");
  expect(clientOf(from("127.0.0.1", CLAIMS), config).address).toBe("203.0.113.7");
  expect(clientOf(from("127.0.0.1", CLAIMS), trusting("none")).address).toBe("127.0.0.1");
});

test("a visitor wrote the scheme himself: what a trusted proxy says stands at the right, as far as its word of the address", () => {
  const config = trusting("10.1.0.0/16");
  const proto = (protos: string, chain?: string) =>
    clientOf(from("10.1.0.5", { "x-forwarded-for": chain, "x-forwarded-proto": protos }), config).proto;
  expect(proto("https, http", "203.0.113.7")).toBe("http");
  expect(proto("http, https", "203.0.113.7")).toBe("https");
  expect(proto("https, http")).toBe("http");
  // By two proxies of ours, of which the outer one speaks TLS and the inner one is asked without.
  expect(proto("http, https, http", "198.51.100.1, 203.0.113.7, 10.1.9.9")).toBe("https");
  expect(proto("https", "203.0.113.7, 10.1.9.9, 10.1.9.8")).toBe("https");
  expect(proto("HTTPS-ish", "203.0.113.7")).toBe("http");
  expect(proto("", "203.0.113.7")).toBe("http");
});

test("a proxy that tells ports made all visitors one: they are left out", () => {
  const config = trusting("10.1.0.0/16 2001:db8:1::/48");
  const through = (chain: string) => clientOf(from("10.1.0.5", { "x-forwarded-for": chain }), config).address;
  expect(through("203.0.113.7:567")).toBe("203.0.113.7");
  expect(through("[2001:db8::7]:80")).toBe("2001:db8::7");
  expect(through("[2001:db8::7]")).toBe("2001:db8::7");
  expect(through("2001:db8::7")).toBe("2001:db8::7");
  expect(through("[::ffff:203.0.113.7]:80")).toBe("203.0.113.7");
  expect(through("203.0.113.7:567, [2001:db8:1::5]:1, 10.1.9.9:443")).toBe("203.0.113.7");
  for (const nonsense of ["203.0.113.7:", "203.0.113.7:http", "[203.0.113.7", "[]:80", "[[::1]]:80", ":80", "1:2:3"]) {
    expect({ nonsense, address: through(nonsense) }).toEqual({ nonsense, address: "10.1.0.5" });
  }
});

test("networks that are none are refused", () => {
  for (const networks of ["10.1.0.0", "everybody", "constructor", "10.1.0.0/33", "::1/129", "0.0.0.0/0/0"]) {
    expect(() => trusting(networks)).toThrow("COCALC_TRUSTED_PROXIES");
  }
});
