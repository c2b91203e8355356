import t from 'tap'
import * as lists from '../../lib/errors/codes.js'

const { AVIO_ERROR_CODES, ...families } = lists

t.test('codes are unique and have one form', async t => {
  t.equal(new Set(AVIO_ERROR_CODES).size, AVIO_ERROR_CODES.length)
  for (const code of AVIO_ERROR_CODES) t.match(code, /^AVIO_ERR_[A-Z0-9]+(_[A-Z0-9]+)*$/)
})

t.test('AVIO_ERROR_CODES holds every list, in order', async t => {
  t.same(AVIO_ERROR_CODES, [
    ...families.GENERAL_ERROR_CODES,
    ...families.S3_ERROR_CODES,
    ...families.SOURCE_ERROR_CODES,
    ...families.FILE_ERROR_CODES,
    ...families.FFMPEG_ERROR_CODES,
    ...families.MP4_ERROR_CODES,
    ...families.MATROSKA_ERROR_CODES,
    ...families.HLS_ERROR_CODES,
    ...families.JOB_ERROR_CODES,
    ...families.PLAN_ERROR_CODES,
    ...families.QUEUE_ERROR_CODES,
  ])
  t.equal(Object.values(families).flat().length, AVIO_ERROR_CODES.length)
})
