import {
  type GetObjectAttributesCommandInput,
  GetObjectAttributesCommand,
  type HeadObjectCommandInput,
} from '@aws-sdk/client-s3'
import t from 'tap'
import type { S3ObjectInfo } from '../../../lib/s3/read/version-pin.js'
import { partSizes, type PartQuestion } from '../../../lib/s3/checks/part-sizes.js'

const input = { Bucket: 'b', Key: 'k', IfMatch: '"e"' }
const info = { bucket: 'b', key: 'k', size: 10, etag: '"e"' } as S3ObjectInfo

type Answers = {
  attributes?: (asked: GetObjectAttributesCommandInput) => unknown
  head?: (asked: HeadObjectCommandInput) => unknown
}

/** A store with these responses, which refuses all other requests. */
function question({ attributes, head }: Answers, count = 3) {
  const asked: string[] = []
  const send = async (make: () => unknown) => {
    const command = make() as { input: never }
    const isList = command instanceof GetObjectAttributesCommand
    const { PartNumber, PartNumberMarker } = command.input as {
      PartNumber?: number
      PartNumberMarker?: string
    }
    asked.push(isList ? `list ${PartNumberMarker ?? ''}` : `part ${PartNumber}`)
    const answer = isList ? attributes?.(command.input) : head?.(command.input)
    if (answer === undefined) throw new Error('refused')
    return answer
  }
  return { asked, ask: partSizes({ input, info, count, send } as PartQuestion) }
}

const listed = (sizes: number[], more: object = {}) => ({
  ETag: 'e',
  ObjectSize: 10,
  ObjectParts: { Parts: sizes.map(Size => ({ Size })), ...more },
})

t.test('requests the list, page by page', async t => {
  const { asked, ask } = question({
    attributes: ({ PartNumberMarker: marker, ...rest }) => {
      t.equal((rest as HeadObjectCommandInput).IfMatch, undefined, 'the request has no condition')
      const next = marker === undefined ? '1' : String(Number(marker) + 1)
      return listed([[4], [4], [2]][Number(marker ?? 0)]!, {
        IsTruncated: next !== '3',
        NextPartNumberMarker: next,
      })
    },
  })
  t.same(await ask, [4, 4, 2])
  t.same(asked, ['list ', 'list 1', 'list 2'])
})

t.test('requests each part if there is no consistent list', async t => {
  const head = ({ PartNumber: n }: HeadObjectCommandInput) => ({
    ETag: '"e"',
    PartsCount: 3,
    ContentLength: [4, 4, 2][n! - 1],
  })
  const lists: Record<string, Answers['attributes']> = {
    refused: undefined,
    'without parts': () => listed([]),
    'a part missing': () => listed([4, 4]),
    'another total': () => listed([4, 4, 4]),
    'another version': () => ({ ...listed([4, 4, 2]), ETag: 'other' }),
    'no marker for the next page': () => listed([4], { IsTruncated: true }),
  }
  for (const [name, attributes] of Object.entries(lists)) {
    const { asked, ask } = question(attributes ? { attributes, head } : { head })
    t.same(await ask, [4, 4, 2], name)
    t.same(asked, ['list ', 'part 1', 'part 2', 'part 3'], name)
  }
})

t.test('returns nothing if the store reports nothing, and stops asking', async t => {
  const heads: Record<string, Answers['head']> = {
    'the whole object': () => ({ ETag: '"e"', ContentLength: 10 }),
    'another number of parts': () => ({ ETag: '"e"', PartsCount: 2, ContentLength: 4 }),
    'another version': () => ({ ETag: '"f"', PartsCount: 3, ContentLength: 4 }),
  }
  for (const [name, head] of Object.entries(heads)) {
    const { asked, ask } = question({ head: head! })
    t.equal(await ask, undefined, name)
    t.same(asked, ['list ', 'part 1'])
  }
  const wrong = question({ head: () => ({ ETag: '"e"', PartsCount: 3, ContentLength: 4 }) })
  t.equal(await wrong.ask, undefined, 'the sizes have another total')
  for (const count of [0, 10_001, NaN]) {
    const { asked, ask } = question({}, count)
    t.equal(await ask, undefined)
    t.same(asked, [])
  }
})
