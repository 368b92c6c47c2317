# Two images of one program. Build the bundle first, on Linux with the image's kind of processor (native packages are copied):
#   npm ci && npm run build
#   docker build --target service -t cocalc-k8s-service .
#   docker build --target project -t cocalc-k8s-project .
# The base is any Debian with Node 24 as `node` in the PATH.
ARG BASE=node:24-bookworm-slim

# Every role but the projects' environment; `--role=NAME` is the argument.
FROM ${BASE} AS service
ARG SERVICE_PACKAGES="ca-certificates tini"
# A base that has them already is left as it is.
RUN dpkg -s ${SERVICE_PACKAGES} >/dev/null 2>&1 \
  || (apt-get update && apt-get install -y --no-install-recommends ${SERVICE_PACKAGES} && rm -rf /var/lib/apt/lists/*)
COPY dist/server /opt/cocalc-k8s/server
COPY dist/app /opt/cocalc-k8s/app
ENV NODE_ENV=production COCALC_APP_FOLDER=/opt/cocalc-k8s/app NODE_COMPILE_CACHE=/opt/cocalc-k8s/compiled
RUN mkdir /opt/cocalc-k8s/compiled && chown 2001:2001 /opt/cocalc-k8s/compiled
USER 2001:2001
# Loads every role once, so that what Node compiled of them is in the image. Nodes with other processors compile anew.
RUN node /opt/cocalc-k8s/server/main.js roles >/dev/null
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/opt/cocalc-k8s/server/main.js"]

# The Linux environment of a project, with the project's server.
FROM ${BASE} AS project
ARG PROJECT_PACKAGES="ca-certificates tini bash bash-completion bzip2 curl diffutils file findutils git less locales make nano openssh-client openssh-server patch procps psmisc python3 rsync tar tmux unzip vim-tiny wget xz-utils zip"
# Installing the SSH server makes host keys: in an image they would be everybody's.
RUN (dpkg -s ${PROJECT_PACKAGES} >/dev/null 2>&1 \
  || (apt-get update && apt-get install -y --no-install-recommends ${PROJECT_PACKAGES} && rm -rf /var/lib/apt/lists/*)) \
  && rm -f /etc/ssh/ssh_host_*
# A base made for Node has a user of its own at 1000; ours is 2001, as on the volumes.
RUN groupadd --gid 2001 user && useradd --uid 2001 --gid 2001 --no-create-home --home-dir /home/user --shell /bin/bash user \
  && mkdir -p /home/user /ext /data && chown 2001:2001 /home/user
COPY dist/server /opt/cocalc-k8s/server
# Serves once, so that what V8 compiled of a project's server stands beside it; the port is any.
RUN mkdir /tmp/compiling && HOME=/tmp/compiling COCALC_PROJECT_ID=00000000-0000-4000-8000-000000000000 COCALC_HUB_PUBLIC_KEYS='{"keys":[{"kty":"OKP"}]}' \
    COCALC_POD_IP=127.0.0.1 PORT=6001 ADMIN_HOST=127.0.0.1 ADMIN_PORT=0 COCALC_LOG_FORMAT=json node /opt/cocalc-k8s/server/make-code-cache.js \
  && rm -rf /tmp/compiling
ENV NODE_ENV=production HOME=/home/user LANG=C.UTF-8 SHELL=/bin/bash
WORKDIR /home/user
USER 2001:2001
EXPOSE 6001 2222
ENTRYPOINT ["/usr/bin/tini", "--", "node", "/opt/cocalc-k8s/server/main.js"]
CMD ["--role=project"]
