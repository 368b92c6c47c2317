/** The cluster's own certificate authority, made with openssl; nothing outside trusts it. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { run } from "./command.ts";
import { API_SERVER, type ClusterLayout, CONTROL_PLANE_ADDRESS, FIRST_SERVICE_ADDRESS } from "./layout.ts";

const DAYS = "30";

/** Makes the authority, the API server's certificate and the key that signs service account tokens. */
export async function makeAuthority(cluster: ClusterLayout): Promise<void> {
  await mkdir(cluster.pki, { recursive: true, mode: 0o700 });
  const at = (file: string) => join(cluster.pki, file);
  await run("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", DAYS],
    ...["-subj", "/CN=test-cluster", "-keyout", at("ca.key"), "-out", at("ca.crt")],
  ]);
  await run("openssl", ["genrsa", "-out", at("service-account.key"), "2048"]);
  await run("openssl", ["rsa", "-in", at("service-account.key"), "-pubout", "-out", at("service-account.pub")]);
  const names = ["DNS:localhost", "DNS:kubernetes", "DNS:kubernetes.default", "DNS:kubernetes.default.svc"];
  const addresses = ["127.0.0.1", CONTROL_PLANE_ADDRESS, FIRST_SERVICE_ADDRESS].map((address) => `IP:${address}`);
  await makeCertificate(cluster, {
    file: "apiserver",
    subject: "/CN=kube-apiserver/O=system:masters",
    alternativeNames: [...names, ...addresses],
  });
}

export interface CertificateRequest {
  /** `FILE.key` and `FILE.crt` in the folder of keys. */
  file: string;
  /** As openssl writes it: `/CN=…/O=…`. */
  subject: string;
  alternativeNames?: string[];
}

/** Makes a key and a certificate for it, good for both ends of a connection. */
export async function makeCertificate(cluster: ClusterLayout, request: CertificateRequest): Promise<void> {
  const at = (suffix: string) => join(cluster.pki, `${request.file}.${suffix}`);
  const extensions = ["extendedKeyUsage=serverAuth,clientAuth"];
  if (request.alternativeNames !== undefined) {
    extensions.push(`subjectAltName=${request.alternativeNames.join(",")}`);
  }
  await writeFile(at("ext"), `${extensions.join("\n")}\n`);
  await run("openssl", [
    ...["req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
    ...["-subj", request.subject, "-keyout", at("key"), "-out", at("csr")],
  ]);
  await run("openssl", [
    ...["x509", "-req", "-in", at("csr"), "-days", DAYS, "-extfile", at("ext"), "-out", at("crt")],
    ...["-CA", join(cluster.pki, "ca.crt"), "-CAkey", join(cluster.pki, "ca.key"), "-set_serial", serial()],
  ]);
}

/** Makes a certificate for a user and writes a kubeconfig that uses it. */
export async function makeKubeconfig(cluster: ClusterLayout, request: CertificateRequest, path: string): Promise<void> {
  await makeCertificate(cluster, request);
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: API_SERVER, "certificate-authority": join(cluster.pki, "ca.crt") } }],
    users: [
      {
        name: "user",
        user: {
          "client-certificate": join(cluster.pki, `${request.file}.crt`),
          "client-key": join(cluster.pki, `${request.file}.key`),
        },
      },
    ],
    contexts: [{ name: "test", context: { cluster: "test", user: "user" } }],
  };
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
}

function serial(): string {
  return `0x${crypto.randomUUID().replaceAll("-", "").slice(1)}`;
}
