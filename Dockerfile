# One image for every service: `run --only …` chooses. docker build -t faultline .
FROM node:20-slim AS base
WORKDIR /opt/faultline

FROM base AS build
COPY package.json package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build

FROM base AS packages
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --no-audit --no-fund

FROM base
ENV NODE_ENV=production
COPY --from=packages /opt/faultline/node_modules node_modules
# The build emits only JavaScript: contracts, migrations and the demo's record are read from beside package.json.
COPY package.json package-lock.json ./
COPY data data
COPY schemas schemas
COPY adapters/postgres/migrations adapters/postgres/migrations
COPY --from=build /opt/faultline/dist dist
# By number, so that Kubernetes can see that it is not root.
USER 1000:1000
EXPOSE 7766
ENTRYPOINT ["node", "dist/cli/main.js"]
CMD ["run", "--config", "/etc/faultline/faultline.yaml"]
