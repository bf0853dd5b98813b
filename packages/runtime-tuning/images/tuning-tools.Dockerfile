# The programs around a training: data in, adapter out. Built from the root of the repository:
#
#     docker buildx build --platform linux/amd64,linux/arm64 -f packages/runtime-tuning/images/tuning-tools.Dockerfile -t REGISTRY/tuning-tools:VERSION .
#
# Pin the base by digest where builds must be the same to the byte: --build-arg NODE_IMAGE=…@sha256:…
ARG NODE_IMAGE=docker.io/library/node:24.21.0-bookworm-slim

# On the machine that builds, whatever it is: the tree has no native parts, so one serves every platform.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /src
COPY . .
RUN node tools/bootstrap.mjs
RUN node release/dist/install-tree-main.js @kaito-sdk/runtime-tuning /app

FROM ${NODE_IMAGE}
COPY --from=build --chown=0:0 /app /app
RUN ln -s /app/node_modules/@kaito-sdk/runtime-tuning/dist/programs/main.js /usr/local/bin/kaito-tuning \
 && chmod 755 /app/node_modules/@kaito-sdk/runtime-tuning/dist/programs/main.js
ENV NODE_ENV=production
USER 1000:1000
ENTRYPOINT []
CMD ["kaito-tuning"]
