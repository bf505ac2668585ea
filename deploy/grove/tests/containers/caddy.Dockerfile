# Stands in for the official image where no registry is reached: the same program with the same mark
# (cap_net_bind_service), on Debian. The context is a folder with the program.
FROM debian:bookworm-slim
RUN apt-get update -qq \
 && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq busybox libcap2-bin >/dev/null \
 && ln -s /bin/busybox /usr/bin/wget
COPY caddy /usr/bin/caddy
RUN setcap cap_net_bind_service=+ep /usr/bin/caddy && mkdir /data
