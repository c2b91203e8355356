const DAY = 86_400_000

/**
 * A sentence with the rule of a bucket's lifecycle that does the same as `clean`.
 *
 * @param what - `uploads` of killed processes, or the `work` of abandoned jobs: there objects, too
 * @param olderThan - in milliseconds
 */
export function lifecycleRule(
  what: 'uploads' | 'work',
  { bucket, prefix }: { readonly bucket: string; readonly prefix: string },
  olderThan: number,
): string {
  // Such a rule would remove all objects of the bucket.
  if (what === 'work' && prefix === '')
    return 'Give the pieces a prefix of their own: then a lifecycle rule can remove those of abandoned jobs.'
  // S3 counts whole days.
  const days = Math.max(1, Math.ceil(olderThan / DAY))
  const rule = {
    ...{ ID: `avio-streams-${what}`, Status: 'Enabled', Filter: { Prefix: prefix } },
    ...(what === 'work' && { Expiration: { Days: days } }),
    AbortIncompleteMultipartUpload: { DaysAfterInitiation: days },
  }
  return `This rule in the lifecycle of the bucket ${bucket} does the same: ${JSON.stringify(rule)}`
}
