import { Upload } from '@aws-sdk/lib-storage'
import t from 'tap'
import { loadUpload } from '../../../lib/hls/storage/lib-storage.js'

t.test('Upload is loaded from the package', async t => {
  t.equal(await loadUpload(), Upload)
})

t.test('a package that is missing, or another one, is named with what to do', async t => {
  const cause = new Error('Cannot find package')
  await t.rejects(
    loadUpload(() => Promise.reject(cause)),
    { code: 'AVIO_ERR_PACKAGE_MISSING', message: /npm install @aws-sdk\/lib-storage/, cause },
  )
  await t.rejects(
    loadUpload(() => Promise.resolve({})),
    { code: 'AVIO_ERR_PACKAGE_MISSING' },
  )
})
