# The program that brings adapters into pods. Build from the root of the repository after `npm run build`; not built by CI, which has no
# container engine. Its tag is LOADER_VERSION in src/adapters/adapter-options.ts, and changes only with the program.
FROM docker.io/library/node:24-alpine
WORKDIR /app
COPY packages/oci/package.json packages/oci/
COPY packages/oci/dist packages/oci/dist
COPY packages/runtime-inference/dist/loader packages/runtime-inference/dist/loader
# The one library that it needs beside ours: it signs requests for Amazon's registries.
COPY node_modules/aws4fetch node_modules/aws4fetch
RUN mkdir -p node_modules/@kaito-sdk \
  && ln -s ../../packages/oci node_modules/@kaito-sdk/oci \
  && printf '{"type":"module"}' > package.json \
  && ln -s /app/packages/runtime-inference/dist/loader/main.js /usr/local/bin/kaito-adapter-loader \
  && chmod +x packages/runtime-inference/dist/loader/main.js
# Secrets and volumes are mounted for root and for everybody; the adapters it writes are readable by any user.
ENTRYPOINT ["kaito-adapter-loader"]
