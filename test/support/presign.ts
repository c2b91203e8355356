import { createHash, createHmac } from 'node:crypto'
import { encodeRfc3986 } from '../../lib/testing/wire/sigv4.js'
import type { LocalS3 } from '../../lib/testing/index.js'

/** A URL by which whoever has it may GET an object for a minute (Signature Version 4 in the query). */
export function presign(s3: LocalS3, bucket: string, key: string): string {
  const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '')
  const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`
  const query = Object.entries({
    'X-Amz-Algorithm': 'AWS4-HMAC-SHA256',
    'X-Amz-Credential': `${s3.credentials.accessKeyId}/${scope}`,
    'X-Amz-Date': time,
    'X-Amz-Expires': '60',
    'X-Amz-SignedHeaders': 'host',
  })
    .map(([name, value]) => `${name}=${encodeRfc3986(value)}`)
    .join('&')
  const { host } = new URL(s3.endpoint)
  const canonical = ['GET', `/${bucket}/${key}`, query, `host:${host}`, '', 'host', 'UNSIGNED-PAYLOAD'].join(
    '\n',
  )
  const digest = createHash('sha256').update(canonical).digest('hex')
  let secret = Buffer.from(`AWS4${s3.credentials.secretAccessKey}`)
  for (const word of scope.split('/')) secret = createHmac('sha256', secret).update(word).digest()
  const text = `AWS4-HMAC-SHA256\n${time}\n${scope}\n${digest}`
  const signature = createHmac('sha256', secret).update(text).digest('hex')
  return `${s3.endpoint}/${bucket}/${key}?${query}&X-Amz-Signature=${signature}`
}
