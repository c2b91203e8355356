import { type Question, OTHER_ETAG, SMALL, WHOLE, etagOf, outcome, yesIf } from './asker.js'

const size = WHOLE.length

/** Ranges and preconditions: the basis for reading one version. */
export const READING: readonly Question[] = [
  {
    asks: 'HeadObject returns size, ETag, date, and support for ranges',
    s3: 'yes',
    async answer(ask) {
      await ask.put('small', SMALL)
      const { ContentLength, ETag, LastModified, AcceptRanges } = await ask.head('small')
      const told = `${ContentLength} ${ETag} ${LastModified instanceof Date} ${AcceptRanges}`
      return yesIf(told === `${SMALL.length} ${etagOf(SMALL)} true bytes`, told)
    },
  },
  {
    asks: 'GetObject of a missing key',
    s3: '404 NoSuchKey',
    answer: ask => outcome(ask.get('none')),
  },
  {
    asks: 'GetObject from a missing bucket',
    s3: '404 NoSuchBucket',
    answer: ask => outcome(ask.get('none', { Bucket: `${ask.bucket}-none` })),
  },
  {
    asks: 'a range: 206, Content-Range, Content-Length, the bytes',
    s3: 'yes',
    async answer(ask) {
      await ask.put('whole', WHOLE)
      const { $metadata, ContentRange, ContentLength, bytes } = await ask.get('whole', {
        Range: 'bytes=1000-2000999',
      })
      const told = `${$metadata.httpStatusCode} ${ContentRange} ${ContentLength}`
      const wanted = `206 bytes 1000-2000999/${size} 2000000`
      return told === wanted ? yesIf(bytes.equals(WHOLE.subarray(1000, 2_001_000))) : told
    },
  },
  {
    asks: 'ranges without an end, from the end, and past the end',
    s3: 'yes',
    async answer(ask) {
      const ranges = [`bytes=${size - 5}-`, 'bytes=-5', `bytes=${size - 5}-${size + 99}`]
      const answers = await Promise.all(ranges.map(Range => ask.get('whole', { Range })))
      return yesIf(answers.every(({ bytes }) => bytes.equals(WHOLE.subarray(-5))))
    },
  },
  {
    asks: 'a range that begins at the end',
    s3: '416 InvalidRange',
    answer: ask => outcome(ask.get('whole', { Range: `bytes=${size}-` })),
  },
  {
    asks: 'a range of an empty object',
    s3: '416 InvalidRange',
    async answer(ask) {
      await ask.put('nothing', Buffer.alloc(0))
      return outcome(ask.get('nothing', { Range: 'bytes=0-99' }))
    },
  },
  {
    asks: 'sixteen ranges at a time, of one version',
    s3: 'yes',
    async answer(ask) {
      const length = Math.ceil(size / 16)
      const starts = Array.from({ length: 16 }, (_, n) => n * length)
      const IfMatch = (await ask.head('whole')).ETag
      const answers = await Promise.all(
        starts.map(start => ask.get('whole', { Range: `bytes=${start}-${start + length - 1}`, IfMatch })),
      )
      return yesIf(Buffer.concat(answers.map(({ bytes }) => bytes)).equals(WHOLE))
    },
  },
  {
    asks: 'GetObject with a different ETag in If-Match',
    s3: '412 PreconditionFailed',
    answer: ask => outcome(ask.get('small', { IfMatch: OTHER_ETAG })),
  },
  {
    asks: 'a range with a different ETag in If-Match',
    s3: '412 PreconditionFailed',
    answer: ask => outcome(ask.get('small', { IfMatch: OTHER_ETAG, Range: 'bytes=0-9' })),
  },
  {
    asks: 'GetObject with its own ETag in If-None-Match',
    s3: '304',
    answer: ask => outcome(ask.get('small', { IfNoneMatch: etagOf(SMALL) })),
  },
  {
    asks: 'HeadObject with a different ETag in If-Match',
    s3: '412',
    answer: ask => outcome(ask.head('small', { IfMatch: OTHER_ETAG })),
  },
  {
    asks: 'PutObject with `If-None-Match: *`, existing object',
    s3: '412 PreconditionFailed',
    async answer(ask) {
      await ask.put('new', 'one', { IfNoneMatch: '*' })
      const second = await outcome(ask.put('new', 'two', { IfNoneMatch: '*' }))
      return (await ask.holds('new', 'one')) === 'yes' ? second : 'overwritten'
    },
  },
  {
    asks: 'eight concurrent PutObject with `If-None-Match: *`: how many succeed',
    s3: '1',
    async answer(ask) {
      const puts = Array.from({ length: 8 }, (_, n) => ask.put('race', `${n}`, { IfNoneMatch: '*' }))
      const settled = await Promise.allSettled(puts)
      return String(settled.filter(({ status }) => status === 'fulfilled').length)
    },
  },
  {
    asks: 'PutObject with the object’s ETag in If-Match, then with a different one',
    s3: '200, 412 PreconditionFailed',
    but: { ceph16: '412 PreconditionFailed, 412 PreconditionFailed' },
    async answer(ask) {
      await ask.put('if-match', 'one')
      const right = await outcome(ask.put('if-match', 'two', { IfMatch: etagOf('one') }))
      const wrong = await outcome(ask.put('if-match', 'three', { IfMatch: etagOf('one') }))
      return `${right}, ${wrong}`
    },
  },
]
