FROM node:24.21.0-bookworm-slim

WORKDIR /opt/palisade
COPY package.json package-lock.json .npmrc ./
# The image brings Node 24, so the one of the npm package, and every other install script, is left out.
RUN npm install --omit=dev --ignore-scripts
COPY src src
COPY actors actors
COPY projections projections
COPY sagas sagas
COPY rulesets rulesets
COPY mappings mappings
COPY console console

# A volume takes its owner from what it is put on: data, and keys and settings that containers share.
RUN mkdir -p /var/lib/palisade /etc/palisade && chown node:node /var/lib/palisade /etc/palisade
USER node
VOLUME /var/lib/palisade
EXPOSE 8080

# Node itself is process 1 and gets SIGTERM, so that a stop drains.
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "src/main.ts"]
CMD ["serve", "--host", "0.0.0.0", "--port", "8080", "--data", "/var/lib/palisade"]
