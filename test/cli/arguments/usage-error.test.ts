import t from 'tap'
import { AvioError } from '../../../lib/errors.js'
import { isUsageError, usageError } from '../../../lib/cli/arguments/usage-error.js'

t.test('names the word at fault, and is told apart from other errors', async t => {
  const error = usageError('-i', 'There is no input.')
  t.match(error, { code: 'AVIO_ERR_OPTION', option: '-i', message: 'There is no input.' })
  t.equal(isUsageError(error), true)
  for (const other of [new AvioError('AVIO_ERR_FFMPEG_EXIT', 'x'), new Error('x'), null, undefined, 'x'])
    t.equal(isUsageError(other), false)
})
