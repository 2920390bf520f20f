# Node 24 brings its own SQLite; the image holds compiled code, production dependencies and nothing to build with.
#
# A tag moves. For a build that comes out the same tomorrow, pin the base image by its digest:
#   docker buildx imagetools inspect node:24-bookworm-slim        # prints `Digest: sha256:...`
#   docker build --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:... -t clipgate .
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src src
COPY console console
COPY scripts scripts
COPY openapi openapi
RUN npm run build

FROM ${NODE_IMAGE} AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM ${NODE_IMAGE}
WORKDIR /app
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 DATABASE_URL=sqlite:/data/clipgate.db ARCHIVE_DIR=/data/clips
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json LICENSE ./
COPY openapi openapi
RUN mkdir /data && chown node:node /data
# By number: an orchestrator that asks for a user other than root cannot look names up.
USER 1000:1000
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# No shell and no npm in between: SIGTERM reaches the gateway, which finishes what it has begun.
CMD ["node", "dist/main.js"]
