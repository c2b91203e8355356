import { join } from 'node:path'
import t from 'tap'
import { checkNoFile, fileExists } from '../../../lib/io/file/file-exists.js'

t.test('refuses a path that has a file', async t => {
  const folder = t.testdir({ 'a.mp4': 'x', folder: {} })
  const path = join(folder, 'a.mp4')
  await t.rejects(checkNoFile(path), { code: 'AVIO_ERR_FILE_EXISTS', path, message: /already exists/ })
  await t.rejects(checkNoFile(join(folder, 'folder')), { code: 'AVIO_ERR_FILE_EXISTS' })
  for (const free of ['b.mp4', 'no/such/folder/a.mp4', 'a.mp4/b']) await checkNoFile(join(folder, free))
})

t.test('keeps the system’s own error', t => {
  const cause = new Error('EEXIST')
  t.match(fileExists('/a', cause), { code: 'AVIO_ERR_FILE_EXISTS', path: '/a', cause })
  t.end()
})
