import t from 'tap'
import { AVIO_ERROR_CODES, AvioError, FfmpegError, Mp4Error, OptionError, S3Error } from '../lib/errors.js'

t.test('an error carries its code, its cause and only the fields that are known', async t => {
  const cause = new Error('socket hang up')
  const error = new S3Error(
    'AVIO_ERR_READ_FAILED',
    'no',
    { bucket: 'b', key: undefined, byteOffset: 7 },
    { cause },
  )
  t.ok(error instanceof AvioError)
  t.equal(error.name, 'S3Error')
  t.equal(error.code, 'AVIO_ERR_READ_FAILED')
  t.equal(error.cause, cause)
  t.equal(error.bucket, 'b')
  t.equal(error.byteOffset, 7)
  t.notOk(Object.hasOwn(error, 'key'), 'an unknown field is not there at all')
})

t.test('a message that is joined of sentences has one full stop after each', async t => {
  for (const [given, told] of [
    [
      'Could not store it: Access Denied.. Check the policy',
      'Could not store it: Access Denied. Check the policy',
    ],
    ['It says "no.".. Again..', 'It says "no.". Again.'],
    ['(HTTP 403)..', '(HTTP 403).'],
    ['Is it there?. Look', 'Is it there? Look'],
    ['Fetching … and so on... Then', 'Fetching … and so on... Then'],
    ['Cannot read /films/..: a folder', 'Cannot read /films/..: a folder'],
    ['Cannot read ../a..b', 'Cannot read ../a..b'],
    ['Bytes 1..2 of it.', 'Bytes 1..2 of it.'],
  ] as const) {
    t.equal(new AvioError('AVIO_ERR_OPTION', given).message, told)
  }
})

t.test('each class of the family names itself', async t => {
  t.equal(new OptionError('o', 'm', 1).name, 'OptionError')
  t.equal(new FfmpegError('AVIO_ERR_FFMPEG_EXIT', 'm', { exitCode: 1 }).exitCode, 1)
  t.equal(new Mp4Error('AVIO_ERR_MP4_BOX_SIZE', 'm', { boxPath: 'moov' }).boxPath, 'moov')
})

t.test('the codes are unique and of one form', async t => {
  t.equal(new Set(AVIO_ERROR_CODES).size, AVIO_ERROR_CODES.length)
  for (const code of AVIO_ERROR_CODES) t.match(code, /^AVIO_ERR_[A-Z0-9]+(_[A-Z0-9]+)*$/)
})
