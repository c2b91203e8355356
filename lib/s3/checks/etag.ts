import { createHash } from 'node:crypto'

/**
 * What an S3 ETag proves.
 *
 * For an object stored in one piece the ETag is the MD5 of the bytes; for a multipart object it is the MD5 of the
 * parts' MD5s, followed by a dash and the number of parts. AWS and compatible servers follow this rule, but do not
 * promise it. Under SSE-KMS and SSE-C the ETag is something else
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html). So a matching ETag proves identity; a different
 * one proves nothing by itself.
 */

/** What a request, or the response to it, says about the object's encryption. */
export interface Encryption {
  readonly ServerSideEncryption?: string | undefined
  readonly SSECustomerKey?: string | undefined
  readonly SSECustomerAlgorithm?: string | undefined
}

/** Whether request or response show that the ETag is not an MD5, as under SSE-C and SSE-KMS. */
export function hidesMd5({
  ServerSideEncryption,
  SSECustomerKey,
  SSECustomerAlgorithm,
}: Encryption): boolean {
  return (
    SSECustomerKey !== undefined ||
    SSECustomerAlgorithm !== undefined ||
    /kms/i.test(ServerSideEncryption ?? '')
  )
}

/** The MD5 of bytes in an ETag, in lower-case hex; `undefined` if the ETag does not have that form. */
export function md5OfEtag(etag: string | undefined): string | undefined {
  const told = md5InEtag(etag)
  return told?.parts === undefined ? told?.md5 : undefined
}

/** The same, or the MD5 of the MD5s of that many parts. */
export function md5InEtag(
  etag: string | undefined,
): { readonly md5: string; readonly parts: number | undefined } | undefined {
  const [, md5, parts] = /^"?([0-9a-f]{32})(?:-(\d{1,5}))?"?$/i.exec(etag ?? '') ?? []
  if (md5 === undefined) return undefined
  return { md5: md5.toLowerCase(), parts: parts === undefined ? undefined : Number(parts) }
}

/** The ETag of a multipart object with these parts, quoted; `undefined` if a part's own ETag is not an MD5. */
export function multipartEtag(partEtags: Iterable<string>): string | undefined {
  const hash = createHash('md5')
  let parts = 0
  for (const etag of partEtags) {
    const md5 = md5OfEtag(etag)
    if (md5 === undefined) return undefined
    hash.update(md5, 'hex')
    parts++
  }
  return parts === 0 ? undefined : `"${hash.digest('hex')}-${parts}"`
}

/** Whether two ETags are equal, with or without quotes. */
export function sameEtag(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.replaceAll('"', '') === b.replaceAll('"', '')
}
