import t from 'tap'
import { S3MultipartWritable } from '../../../lib/s3/s3-multipart-writable.js'
import { S3Storage } from '../../../lib/hls/storage/s3-storage.js'
import type { S3UploadSettings } from '../../../lib/s3/upload/upload-options.js'
import {
  checkHeaderValue,
  checkMetadata,
  checkRequestHeaders,
} from '../../../lib/s3/request/check-headers.js'

const RULE = { code: 'AVIO_ERR_OPTION' }

t.test('rejects values that a header can’t carry, by name and with a remedy', async t => {
  const table: [Partial<S3UploadSettings>, string, RegExp][] = [
    [
      { metadata: { title: 'Grüße' } },
      'metadata.title',
      /"ü" \(U\+00FC\)\. Encode it with encodeURIComponent\(\), or as in RFC 2047/,
    ],
    [{ metadata: { title: '日本語' } }, 'metadata.title', /U\+65E5/],
    [{ metadata: { title: '🎬' } }, 'metadata.title', /"🎬" \(U\+1F3AC\)/],
    [{ metadata: { title: 'a\r\nx-amz-acl: public-read' } }, 'metadata.title', /control character U\+000D/],
    [{ metadata: { title: 'a\0' } }, 'metadata.title', /control character U\+0000/],
    [{ metadata: { 'my title': 'x' } }, 'metadata', /names/],
    [{ metadata: { '': 'x' } }, 'metadata', /names/],
    [{ metadata: { 'a\r\nb': 'x' } }, 'metadata', /names/],
    [{ metadata: { title: 'x'.repeat(2044) } }, 'metadata', /at most 2048 bytes .* got 2049/],
    [{ contentType: 'vidéo/mp4' }, 'contentType', /U\+00E9/],
    [
      { request: { ContentDisposition: 'attachment; filename="Grüße.mp4"' } },
      'request.ContentDisposition',
      /filename\*=UTF-8''/,
    ],
    [{ request: { CacheControl: 'no-store\n' } }, 'request.CacheControl', /U\+000A/],
    [{ request: { Tagging: 'titel=Grüße' } }, 'request.Tagging', /URLSearchParams/],
    [{ request: { Tagging: 'a=1&a=2' } }, 'request.Tagging', /distinct keys/],
    [
      { request: { Tagging: Array.from({ length: 11 }, (_, n) => `k${n}=1`).join('&') } },
      'request.Tagging',
      /at most 10/,
    ],
    [{ request: { Tagging: `${'k'.repeat(129)}=1` } }, 'request.Tagging', /1 to 128/],
    [{ request: { Tagging: '=1' } }, 'request.Tagging', /1 to 128/],
    [{ request: { Tagging: `k=${'v'.repeat(257)}` } }, 'request.Tagging', /at most 256/],
  ]
  for (const [options, option, message] of table) {
    t.throws(() => new S3MultipartWritable({ bucket: 'b', key: 'k', ...options }), {
      ...RULE,
      option,
      message,
    })
  }
  t.throws(() => new S3Storage({ bucket: 'b', request: { ContentDisposition: 'ü' } }), RULE)
})

t.test('accepts values that a header can carry', async t => {
  checkMetadata({ title: 'two  spaces', empty: '', 'x-y_z.1': ' ~', rfc2047: '=?UTF-8?B?R3LDvMOfZQ==?=' })
  checkMetadata({ title: 'x'.repeat(2043) })
  checkMetadata(undefined)
  checkHeaderValue('contentType', 'video/mp4; codecs="avc1.42E01E"', '')
  checkRequestHeaders({
    ContentDisposition: "attachment; filename*=UTF-8''Gr%C3%BC%C3%9Fe.mp4",
    Tagging: new URLSearchParams({ titel: 'Grüße', leer: '' }).toString(),
    BucketKeyEnabled: true,
    Expires: new Date(),
    SSECustomerKey: 'ü'.repeat(16),
  })
  t.pass()
})
