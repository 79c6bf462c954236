# syntax=docker/dockerfile:1

# The steps are the scripts that `npm run demo` and `npm test` use: packages, modules, build.
FROM node:24-bookworm AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts scripts
RUN node scripts/setup.mjs packages
RUN node scripts/setup.mjs modules
COPY . .
RUN node scripts/build.mjs \
    && npm prune --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
# libbpf1 with libelf and zlib: the addon. iproute2, ethtool, bpftool: `countfree doctor`, and the commands that it names.
# redis-tools: the private Redis where REDIS_URL is not set.
RUN apt-get update \
    && apt-get install -y --no-install-recommends libbpf1 libelf1 zlib1g iproute2 ethtool bpftool redis-tools \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
ENV NODE_ENV=production
COPY --from=build /app/package.json /app/LICENSE ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/bin bin
COPY --from=build /app/build build
COPY --from=build /app/dist dist

# The capture role needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON, and a user who may have them: run it as root with all other
# capabilities dropped, as compose.yaml does. A process with the roles worker and api alone runs as `--user node`.
VOLUME /var/lib/countfree
EXPOSE 8080
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
    CMD ["node", "-e", "const p = (process.env.COUNTFREE_LISTEN || ':8080').split(':').pop(); fetch(`http://127.0.0.1:${p}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "bin/countfree.js"]
CMD ["serve"]
