import { createHash } from 'node:crypto'

/**
 * What an ETag of S3 proves.
 *
 * Of an object put in one piece it is the MD5 of the bytes, and of a multipart one the MD5 of the parts' MD5s, with
 * a dash and their number: the rule of AWS and of every server that follows it, but no promise. Under SSE-KMS and
 * SSE-C it is something else (https://docs.aws.amazon.com/AmazonS3/latest/API/API_Object.html). So an ETag that is
 * equal to the expected one proves identity; one that differs proves nothing by itself.
 */

/** What a request, or the response to it, says of the object's encryption. */
export interface Encryption {
  readonly ServerSideEncryption?: string | undefined
  readonly SSECustomerKey?: string | undefined
  readonly SSECustomerAlgorithm?: string | undefined
}

/** Whether the ETag is no MD5, as far as a request or a response tells: under SSE-C and SSE-KMS it is not. */
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

/** The MD5 of bytes in an ETag, in lower-case hex; `undefined` where it has not the form of one. */
export function md5OfEtag(etag: string | undefined): string | undefined {
  const told = md5InEtag(etag)
  return told?.parts === undefined ? told?.md5 : undefined
}

/** The same, or the MD5 of the MD5s of so many parts. */
export function md5InEtag(
  etag: string | undefined,
): { readonly md5: string; readonly parts: number | undefined } | undefined {
  const [, md5, parts] = /^"?([0-9a-f]{32})(?:-(\d{1,5}))?"?$/i.exec(etag ?? '') ?? []
  if (md5 === undefined) return undefined
  return { md5: md5.toLowerCase(), parts: parts === undefined ? undefined : Number(parts) }
}

/** The ETag that a multipart object of these parts has, quoted; `undefined` where a part's own is no MD5. */
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

/** Whether two ETags are the same, with or without quotes. */
export function sameEtag(a: string | undefined, b: string | undefined): boolean {
  return a !== undefined && b !== undefined && a.replaceAll('"', '') === b.replaceAll('"', '')
}
