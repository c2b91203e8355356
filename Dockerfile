# The command avio-streams with an ffmpeg of Debian, as a user without rights:
#
#   docker build --tag avio-streams .
#   docker run --rm --env AWS_REGION --env AWS_ACCESS_KEY_ID --env AWS_SECRET_ACCESS_KEY avio-streams \
#     -i s3://masters/a.mov -c:v libx264 -c:a aac s3://web/a.mp4

FROM node:24-trixie-slim AS package
WORKDIR /source
COPY package.json package-lock.json ./
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY . .
RUN npm pack --pack-destination /package

FROM node:24-trixie-slim
RUN apt-get update \
 && apt-get install --yes --no-install-recommends ca-certificates ffmpeg \
 && rm -rf /var/lib/apt/lists/*
COPY --from=package /package/ /package/
RUN npm install --global --no-audit --no-fund /package/*.tgz @aws-sdk/client-s3@3 bullmq@6 ioredis@6 pg@8 \
 && npm cache clean --force \
 && rm -rf /package
USER node
ENTRYPOINT ["avio-streams"]
