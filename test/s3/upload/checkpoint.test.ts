import t from 'tap'
import { type UploadCheckpoint, checkpointOption, withSaved } from '../../../lib/s3/upload/checkpoint.js'

const at = { bucket: 'web', key: 'talk.mp4' }
const save = () => undefined
const saved: UploadCheckpoint = {
  version: 1,
  ...at,
  uploadId: 'abc',
  created: '2026-01-02T03:04:05.000Z',
  partSize: 6_000_000,
  partGrowth: true,
  concurrency: 2,
  checksum: 'md5',
  wholeChecksum: 'none',
  opaqueEtags: false,
  commit: { bytes: 10, etag: '"x"', crc32: 7 },
}

t.test('takes a new upload, an id alone, and all of a saved state', async t => {
  t.equal(checkpointOption({}, at), undefined)
  t.same(checkpointOption({ checkpoint: { save } }, at), { saved: undefined, save })
  t.same(checkpointOption({ checkpoint: { uploadId: undefined, save } }, at), { saved: undefined, save })
  t.match(checkpointOption({ checkpoint: { uploadId: 'abc', save } }, at), { saved: { uploadId: 'abc' } })
  t.same(checkpointOption({ checkpoint: { ...saved, save } }, at), { saved, save })
})

t.test('refuses any other option, by name', async t => {
  for (const [checkpoint, message] of [
    [null, 'Option "checkpoint" must be an object, got null'],
    [{}, 'Option "checkpoint.save" must be a function, got undefined'],
    [{ save: 'file' }, 'Option "checkpoint.save" must be a function, got "file"'],
    [{ save, uploadId: '' }, 'Option "checkpoint.uploadId" must be a non-empty string, got ""'],
    [{ save, uploadID: 'abc' }, /^checkpoint has no option "uploadID"; it has save/],
    [{ ...saved, version: 2, save }, /^Option "checkpoint.version" must be 1, .*, got 2/],
    [
      { ...saved, key: 'b', save },
      'Option "checkpoint.key" must be "talk.mp4", as the option "key", got "b"',
    ],
    [{ ...saved, bucket: 'b', save }, /^Option "checkpoint.bucket" must be "web"/],
    [
      { ...saved, created: 'then', save },
      'Option "checkpoint.created" must be a date in ISO 8601, got "then"',
    ],
    [
      { ...saved, commit: { bytes: -1 }, save },
      /^Option "checkpoint.commit.bytes" must be an integer from 0/,
    ],
    [{ ...saved, commit: 7, save }, 'Option "checkpoint.commit" must be an object, got 7'],
  ] as const) {
    t.throws(() => checkpointOption({ checkpoint }, at), { code: 'AVIO_ERR_OPTION', message })
  }
})

t.test('goes on with the options that the upload began with', async t => {
  const checkpoint = checkpointOption({ checkpoint: { ...saved, save } }, at)
  const { partSize, partGrowth, concurrency, checksum } = saved
  t.match(withSaved({ metadata: {} }, checkpoint), {
    partSize,
    partGrowth,
    concurrency,
    checksum,
    metadata: {},
  })
  t.match(withSaved({ concurrency: 7, partSize: undefined, checksum }, checkpoint), {
    concurrency: 7,
    partSize,
  })
  const options = { partSize: 5 }
  t.equal(withSaved(options, undefined), options)
  t.equal(withSaved(options, checkpointOption({ checkpoint: { save } }, at)), options)
  t.match(withSaved(options, checkpointOption({ checkpoint: { uploadId: 'abc', save } }, at)), options)
})

t.test('refuses an option that has changed since the upload began', async t => {
  const checkpoint = checkpointOption({ checkpoint: { ...saved, save } }, at)
  for (const [options, message] of [
    [{ partSize: 7_000_000 }, 'Option "partSize" must be 6000000, as when upload abc began, got 7000000'],
    [{ partGrowth: false }, 'Option "partGrowth" must be true, as when upload abc began, got false'],
    [{ checksum: 'crc32' }, 'Option "checksum" must be "md5", as when upload abc began, got "crc32"'],
    [{ headerReserve: 100 }, 'Option "headerReserve" must be omitted, as when upload abc began, got 100'],
  ] as const) {
    t.throws(() => withSaved(options, checkpoint), { code: 'AVIO_ERR_OPTION', message })
  }
})
