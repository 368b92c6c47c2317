import { expect, test } from "@jest/globals";
import { originKind } from "./hosts.ts";

const ID = "0b0e9e36-7d2b-4f65-9a3c-6d6f0d0f4a11";
const local = { hosts: [] };
const site = { origin: "https://cocalc.example.org", projectDomain: "projects.example.org", hosts: ["intern.example"] };

test.each([
  ["localhost:8080", local, "app"],
  ["127.0.0.1", local, "app"],
  ["[::1]:8080", local, "app"],
  [`${ID}.localhost:8080`, local, "project"],
  [`${ID.toUpperCase()}.LOCALHOST`, local, "project"],
  ["evil.example", local, undefined],
  ["localhost.evil.example", local, undefined],
  [`x${ID}.localhost`, local, undefined],
  [`${ID}.evil.localhost`, local, undefined],
  ["", local, undefined],
  ["cocalc.example.org", site, "app"],
  ["intern.example:80", site, "app"],
  [`${ID}.projects.example.org`, site, "project"],
  [`${ID}.projects.example.org.evil.example`, site, undefined],
  [`${ID}.localhost`, site, undefined],
  ["projects.example.org", site, undefined],
])("%s", (host, config, kind) => {
  expect(originKind(host, config)).toBe(kind);
});
