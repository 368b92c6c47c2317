import { expect, test } from "@jest/globals";
import { type HostConfig, originKind, projectOfHost } from "./hosts.ts";

const ID = "0b0e9e36-7d2b-4f65-9a3c-6d6f0d0f4a11";
const local: HostConfig = { hosts: [] };
const site = { origin: "https://cocalc.example.org", projectDomain: "projects.example.org", hosts: ["intern.example"] };
const withPort = { ...site, projectDomain: "projects.example.org:8443" };

test.each([
  ["localhost:8080", local, "app"],
  ["LOCALHOST.", local, "app"],
  ["127.0.0.1", local, "app"],
  ["[::1]:8080", local, "app"],
  ["[::1]", local, "app"],
  ["::1", local, undefined],
  [`${ID}.[::1]:8080`, local, undefined],
  [`${ID}.localhost:8080`, local, "project"],
  [`${ID.toUpperCase()}.LOCALHOST`, local, "project"],
  [`${ID}.localhost.:8080`, local, "project"],
  [`${ID}.localhost..`, local, undefined],
  [`${ID}.localhost:port`, local, undefined],
  ["evil.example", local, undefined],
  ["localhost.evil.example", local, undefined],
  [`x${ID}.localhost`, local, undefined],
  [`${ID}.evil.localhost`, local, undefined],
  ["", local, undefined],
  ["cocalc.example.org", site, "app"],
  ["cocalc.example.org.:443", site, "app"],
  ["intern.example:80", site, "app"],
  [`${ID}.projects.example.org`, site, "project"],
  [`${ID}.projects.example.org:8443`, site, "project"],
  [`${ID}.projects.example.org.`, site, "project"],
  [`${ID}.${ID}.projects.example.org`, site, undefined],
  [`x.${ID}.projects.example.org`, site, undefined],
  [`${ID}.projects.example.org.evil.example`, site, undefined],
  [`${ID}.localhost`, site, undefined],
  ["projects.example.org", site, undefined],
  [`${ID}.projects.example.org:8443`, withPort, "project"],
  [`${ID}.projects.example.org:81`, withPort, "project"],
  [`${ID}.PROJECTS.example.org`, withPort, "project"],
] as const)("%s is the same to the ingress and to hub-proxy", (host, config, kind) => {
  expect(originKind(host, config)).toBe(kind);
  expect(projectOfHost(host, config)).toBe(kind === "project" ? ID : undefined);
});
