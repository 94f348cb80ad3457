# Postern in a container; docs/install.md has the steps. `npm run rehearse -- image` replays this file without an
# engine, so RUN lines name files below their WORKDIR only.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json ./
RUN npm ci --ignore-scripts
COPY adapters ./adapters
COPY bridge ./bridge
COPY cli ./cli
COPY config ./config
COPY packaging ./packaging
COPY simulators ./simulators
RUN npm run -s build
# What only building needs goes, and so does the Node that npm brings for machines with an older one.
RUN npm prune --omit=dev --ignore-scripts && rm -rf node_modules/node-linux-* node_modules/.bin
RUN mkdir -p node_modules/.bin && ln -s ../../dist/postern.mjs node_modules/.bin/postern
RUN mkdir -m 700 empty

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="Postern" org.opencontainers.image.licenses="AGPL-3.0-or-later"
WORKDIR /app
COPY package.json LICENSE postern.example.yaml ./
COPY docs ./docs
COPY --from=build /build/node_modules ./node_modules
COPY --from=build /build/dist ./dist
# Volumes begin as these folders, with their owner. The rest belongs to root and may be mounted read-only.
COPY --from=build --chown=10001:10001 /build/empty /data
COPY --from=build --chown=10001:10001 /build/empty /feed
COPY --from=build --chown=10001:10001 /build/empty /key
VOLUME ["/data", "/feed", "/key"]
# A vault key that Postern makes itself lies on its own volume, away from the data.
ENV XDG_CONFIG_HOME=/key
ENV PATH=/app/node_modules/.bin:$PATH
USER 10001:10001
# postern.yaml is looked for here.
WORKDIR /config
EXPOSE 8080
HEALTHCHECK --interval=60s --timeout=20s --start-period=60s CMD ["postern", "status"]
ENTRYPOINT ["postern"]
CMD ["run"]
