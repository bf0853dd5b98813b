# The programs around a training. Built from the root of the repository, after npm run build:
#
#     docker build -f packages/runtime-tuning/images/tuning-tools.Dockerfile -t REGISTRY/tuning-tools:VERSION .
FROM node:24-bookworm-slim
WORKDIR /opt/kaito
COPY package.json package-lock.json ./
COPY packages/core packages/core
COPY packages/oci packages/oci
COPY packages/runtime-tuning packages/runtime-tuning
RUN npm install --omit=dev --ignore-scripts --no-audit --no-fund -w packages/runtime-tuning \
 && ln -s /opt/kaito/packages/runtime-tuning/dist/programs/main.js /usr/local/bin/kaito-tuning \
 && chmod +x packages/runtime-tuning/dist/programs/main.js
USER 1000
ENTRYPOINT []
CMD ["kaito-tuning"]
