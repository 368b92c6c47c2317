/** Variables of the environment that take names: what cannot be one is refused at the start, in a sentence. */

import { expect, test } from "@jest/globals";
import { processConfig } from "../src/boot/process-config.ts";
import { type ConfigSchema, readConfig } from "../src/core/config.ts";
import { dbConfig } from "../src/db/config.ts";
import { kubeConfig } from "../src/kube/config.ts";
import { siteConfig } from "../src/net/visitor/site.ts";
import { ingressConfig } from "./ingress/config.ts";

const refused: [string, ConfigSchema, string[]][] = [
  [
    "COCALC_HOSTS",
    ingressConfig,
    ["https://lab.example", "lab.example:8443", "lab.example/x", "a..b", "lab.example *"],
  ],
  ["COCALC_NAMESPACE", kubeConfig, ["Projects", "a/b", "my_projects", "-a", "../kube-system", "x".repeat(64)]],
  ["KUBERNETES_SERVICE_HOST", kubeConfig, ["https://10.0.0.1", "a b"]],
  ["KUBERNETES_SERVICE_PORT", kubeConfig, ["https", "99999"]],
  ["PGHOST", dbConfig, ["postgres://db", "db:5432", "a b", "folder/socket"]],
  ["HOST", processConfig, ["http://0.0.0.0", "0.0.0.0:80", "*"]],
  ["ADMIN_HOST", processConfig, ["1.2.3.400"]],
  [
    "COCALC_ORIGIN",
    siteConfig,
    [
      "lab.example",
      "https://lab.example/cocalc",
      "https://a@lab.example",
      "ftp://lab.example",
      "https://lab.example?x",
      "https://a b",
    ],
  ],
  [
    "COCALC_PROJECT_DOMAIN",
    siteConfig,
    ["https://projects.example", "Projects.example", "..", "a..b", "*.projects.example", "projects.example:99999"],
  ],
  ["BASE_PATH", siteConfig, ["cocalc", "/a b", "https://lab.example/cocalc"]],
];

test.each(refused)("%s took any text", (variable, schema, values) => {
  for (const value of values) {
    const read = () => readConfig(schema, { [variable]: value });
    expect(read).toThrow(new RegExp(`^The configuration is not usable:\n  ${variable}: must be [^^]*$`)); // words, and no pattern
  }
});

test("what may be right is taken, names of the site as a Host header tells them", () => {
  expect(readConfig(ingressConfig, { COCALC_HOSTS: "Lab.example., 10.0.0.1 ::1 [::2]" }).hosts).toEqual([
    "lab.example",
    "10.0.0.1",
    "[::1]",
    "[::2]",
  ]);
  expect(readConfig(ingressConfig, {}).hosts).toEqual([]);
  for (const origin of ["https://lab.example", "https://LAB.example/", "http://localhost:8080", "http://[::1]:80"])
    expect(readConfig(siteConfig, { COCALC_ORIGIN: origin }).origin).toBe(new URL(origin).origin);
  for (const projectDomain of ["projects.example", "localhost:8080"])
    expect(readConfig(siteConfig, { COCALC_PROJECT_DOMAIN: projectDomain })).toMatchObject({ projectDomain });
  for (const host of ["db", "10.0.0.1", "fd00::1", "/var/run/postgresql", "my-db.prod.svc.cluster.local"])
    expect(readConfig(dbConfig, { PGHOST: host })).toMatchObject({ host });
  expect(readConfig(kubeConfig, { KUBERNETES_SERVICE_HOST: "fd00::1" })).toMatchObject({ serviceHost: "fd00::1" });
});
