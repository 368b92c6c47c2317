import { expect, test } from "@jest/globals";
import { addressKey, siteKey } from "./address-key.ts";

test("IPv4 counts by itself, IPv6 by its network, and nonsense as one", () => {
  expect(addressKey("192.0.2.1")).toBe("192.0.2.1");
  expect(addressKey("::ffff:192.0.2.1")).toBe("192.0.2.1");
  expect(addressKey("2001:DB8:0:1::1")).toBe(addressKey("2001:db8::1:ffff:2:3:4"));
  expect(addressKey("2001:db8:0:1::1")).not.toBe(addressKey("2001:db8:0:2::1"));
  expect(addressKey("fe80::1%eth0")).toBe("fe80:0:0:0::/64");
  expect(addressKey("x".repeat(9_999))).toBe("unknown");
});

test("who has a large network of IPv6 addresses is one site", () => {
  expect(siteKey("2001:db8:7:1::1")).toBe(siteKey("2001:db8:7:ffff::1"));
  expect(siteKey("2001:db8:7:1::1")).not.toBe(siteKey("2001:db8:8:1::1"));
  expect(siteKey("2001:db8:7::1")).toBe("2001:db8:7::/48");
  expect(siteKey("192.0.2.1")).toBe("192.0.2.1");
});
